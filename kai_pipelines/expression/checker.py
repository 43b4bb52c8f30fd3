"""Types before running: what expr-lang 1.17.8 refuses at its compile stage (checker/checker.go).

The environment gives the types: a name's static type is that of its value, what is inside a map is unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import NoReturn

from kai_pipelines.expression import natures
from kai_pipelines.expression.faults import CompileError
from kai_pipelines.expression.grammar import FUNCTIONS, PREDICATES
from kai_pipelines.expression.natures import BOOL, INT, UNKNOWN, Nature, of_type
from kai_pipelines.expression.nodes import (
    Array,
    Binary,
    Builtin,
    Call,
    Chain,
    Conditional,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Predicate,
    Sequence,
    SliceOf,
    Unary,
    spine,
)
from kai_pipelines.expression.operators import check_binary
from kai_pipelines.expression.signatures import OVERLOADS, VALIDATORS
from kai_pipelines.expression.values import STRUCTS, Func, kind_of, type_name

_BOOLEAN_PREDICATES = {
    "all": BOOL, "none": BOOL, "any": BOOL, "one": BOOL, "filter": None, "count": INT,
    "find": None, "findLast": None, "findIndex": INT, "findLastIndex": INT,
}  # fmt: skip


class Checker:
    """Gives each node its nature, by `id`; raises CompileError for the first misfit."""

    def __init__(self, text: str, env: Mapping[str, object]) -> None:
        self.text = text
        self.env = env
        self.natures: dict[int, Nature] = {}
        self.scopes: list[tuple[Nature, dict[str, Nature]]] = []
        self.variables: dict[str, Nature] = {}

    def nature(self, node: Node) -> Nature:
        """The nature found for a node; unknown where the checker does not look (arguments of unknown functions)."""
        return self.natures.get(id(node), UNKNOWN)

    def fail(self, node: Node, message: str) -> NoReturn:
        """Raise the compile error at a node."""
        raise CompileError(f"{message} (character {node.position + 1})", text=self.text, position=node.position)

    def visit(self, node: Node) -> Nature:
        """Check a node and remember its nature."""
        nature = self.check(node)
        self.natures[id(node)] = nature
        return nature

    def check(self, node: Node) -> Nature:
        """The nature of a node."""
        match node:
            case Literal(value=value):
                return of_type(type_name(value))
            case Name():
                return self._name(node)
            case Member():
                return self._member(node)
            case Binary():
                first, operators = spine(node)
                self.visit(first)
                for operator in operators:
                    self.natures[id(operator)] = self._binary(operator)
                return self.natures[id(node)]
            case Unary():
                return self._unary(node)
            case Chain(node=inner):
                return self.visit(inner)
            case Conditional():
                return self._conditional(node)
            case Call():
                return self._call(node)
            case Builtin():
                return self._builtin(node)
            case Predicate(body=body):
                result = self.visit(body)
                return Nature(f"func(interface {{}}) {result}", inner=result)
            case Pointer():
                return self._pointer(node)
            case _:
                return self.composite(node)

    def composite(self, node: Node) -> Nature:
        """Lists, maps, slices, sequences and variables."""
        match node:
            case SliceOf():
                return self._slice(node)
            case Let():
                return self._let(node)
            case Sequence(nodes=nodes):
                return [self.visit(part) for part in nodes][-1]
            case Array(items=items):
                return self._array(items)
            case Map(pairs=pairs):
                for key, value in pairs:
                    self.visit(key)
                    self.visit(value)
                return natures.DICT_NATURE
            case _:
                self.fail(node, "unexpected syntax")

    def _name(self, node: Name) -> Nature:
        if node.name in self.variables:
            return self.variables[node.name]
        if node.name == "$env":
            return UNKNOWN
        found = self._from_env(node.name)
        if found is not None:
            return found
        if node.name in FUNCTIONS or node.name in PREDICATES:
            return Nature("func(...interface {}) (interface {}, error)")
        self.fail(node, f"unknown name {node.name}")

    def _from_env(self, name: str) -> Nature | None:
        return of_type(type_name(self.env[name])) if name in self.env else None

    def _unary(self, node: Unary) -> Nature:
        operand = self.visit(node.operand)
        if node.operator in ("!", "not"):
            if operand.kind == "bool" or operand.unknown:
                return BOOL
        elif operand.number or operand.unknown:
            return UNKNOWN if operand.unknown else operand
        self.fail(node, f"invalid operation: {node.operator} (mismatched type {operand})")

    def _binary(self, node: Binary) -> Nature:
        left, right = self.natures[id(node.left)], self.visit(node.right)
        if node.operator == "matches" and isinstance(node.right, Literal) and isinstance(node.right.value, str):
            self.check_pattern(node, node.right.value)
        try:
            return check_binary(node.operator, left, right)
        except TypeError as error:
            self.fail(node, str(error))

    def check_pattern(self, node: Node, pattern: str) -> None:
        """Refuse a regular expression that does not parse."""
        from kai_pipelines.expression.regex import PatternError, compile_pattern

        try:
            compile_pattern(pattern)
        except PatternError as error:
            self.fail(node, str(error))

    def _member(self, node: Member) -> Nature:
        if isinstance(node.base, Name) and node.base.name == "$env":
            return self._env_member(node)
        base, key = self.visit(node.base), self.visit(node.key)
        if base.unknown:
            return UNKNOWN
        name = node.key.value if isinstance(node.key, Literal) and isinstance(node.key.value, str) else None
        if name is not None:
            if base.is_nil:
                self.fail(node, f"type nil has no field {name}")
            method = method_type(base, name)
            if method is not None:
                return method
        if base.kind == "map":
            wanted = of_type(_key_type(base))
            if not (key.unknown or wanted.unknown or key.assignable_to(wanted)):
                self.fail(node.key, f"cannot use {key} to get an element from {base}")
            return base.element()
        if base.kind == "slice":
            if not (key.integer or key.unknown):
                self.fail(node.key, f"array elements can only be selected using an integer (got {key})")
            return base.element()
        field = STRUCTS.get(base.go_type or "", {}).get(name or "")
        if field is not None:
            return of_type(field)
        what = "no field" if not node.method else "no method"
        self.fail(node, f"type {base} has {what} {name}" if name is not None else f"type {base}[{key}] is undefined")

    def _env_member(self, node: Member) -> Nature:
        if not (isinstance(node.key, Literal) and isinstance(node.key.value, str)):
            return UNKNOWN
        found = self._from_env(node.key.value)
        if found is None and not node.optional:
            self.fail(node, f"unknown name {node.key.value}")
        return found or UNKNOWN

    def _slice(self, node: SliceOf) -> Nature:
        base = self.visit(node.base)
        if base.unknown:
            return UNKNOWN
        if base.kind not in ("string", "slice"):
            self.fail(node, f"cannot slice {base}")
        for bound in (node.start, node.end):
            if bound is not None:
                nature = self.visit(bound)
                if not (nature.integer or nature.unknown):
                    self.fail(bound, f"non-integer slice index {nature}")
        return base

    def _conditional(self, node: Conditional) -> Nature:
        condition = self.visit(node.condition)
        if condition.kind != "bool" and not condition.unknown:
            self.fail(node.condition, f"non-bool expression (type {condition}) used as condition")
        yes, no = self.visit(node.yes), self.visit(node.no)
        if yes.is_nil or no.is_nil:
            return no if yes.is_nil else yes
        if not yes.assignable_to(no):
            return UNKNOWN
        if yes.listy and no.listy:
            first, second = yes.element(), no.element()
            if not (first.assignable_to(second) and second.assignable_to(first)):
                return natures.LIST_NATURE
        return yes

    def _let(self, node: Let) -> Nature:
        taken = node.name in self.env or node.name in self.variables
        if taken or node.name in FUNCTIONS or node.name in PREDICATES:
            self.fail(node, f"cannot redeclare {node.name}")
        self.variables[node.name] = self.visit(node.value)
        try:
            return self.visit(node.body)
        finally:
            del self.variables[node.name]

    def _array(self, items: tuple[Node, ...]) -> Nature:
        found = [self.visit(item) for item in items]
        if any(one.kind != other.kind for one, other in itertools.pairwise(found)):
            return natures.LIST_NATURE
        return (found[-1] if found else UNKNOWN).list_of()

    # Calls

    def _call(self, node: Call) -> Nature:
        if isinstance(node.callee, Name) and node.callee.name == "$env":
            self.fail(node, "$env is not callable")
        callee = self.visit(node.callee)
        if callee.unknown:
            return UNKNOWN
        name = _callee_name(node.callee)
        if callee.is_nil:
            self.fail(node, f"{name} is nil; cannot call nil as function")
        function = self.env.get(name) if isinstance(node.callee, Name) else None
        if isinstance(function, Func):
            return self._arguments(name, node, node.arguments, function.params, function.result, function.variadic)
        if callee.kind == "func" and isinstance(node.callee, Member):
            params, result, variadic = method_signature(self.nature(node.callee.base), name)
            return self._arguments(name, node, node.arguments, params, result, variadic)
        self.fail(node, f"{callee} is not callable")

    def _arguments(
        self, name: str, node: Node, given: tuple[Node, ...], params: tuple[str, ...], result: str, variadic: bool
    ) -> Nature:
        if len(given) < len(params) - variadic:
            self.fail(node, f"not enough arguments to call {name}")
        if len(given) > len(params) and not variadic:
            self.fail(node, f"too many arguments to call {name}")
        for index, argument in enumerate(given):
            wanted = of_type(params[min(index, len(params) - 1)])
            nature = self.visit(argument)
            if nature.unknown or wanted.unknown or (wanted.integer and nature.integer):
                continue
            if wanted.go_type == "float64" and nature.integer:
                continue
            if nature.is_nil and wanted.kind != "ptr":
                self.fail(argument, f"cannot use nil as argument (type {wanted}) to call {name}")
            if not nature.assignable_to(wanted):
                self.fail(argument, f"cannot use {nature} as argument (type {wanted}) to call {name}")
        return of_type(result)

    def _builtin(self, node: Builtin) -> Nature:
        if node.name in PREDICATES:
            return self._predicate_builtin(node)
        if node.name == "get":
            return self._get(node)
        validate = VALIDATORS.get(node.name)
        if validate is not None:
            found = [self.visit(argument) for argument in node.arguments]
            try:
                return of_type(validate(["interface {}" if one.unknown else str(one) for one in found]))
            except TypeError as error:
                self.fail(node, f"{error} in {node.name}()")
        last: CompileError | None = None
        for params, result in OVERLOADS[node.name]:
            try:
                return self._arguments(node.name, node, node.arguments, params, result, variadic=False)
            except CompileError as error:
                last = error
        assert last is not None
        raise last

    def _get(self, node: Builtin) -> Nature:
        if len(node.arguments) != 2:
            self.fail(node, f"invalid number of arguments (expected 2, got {len(node.arguments)})")
        first, second = node.arguments
        base, key = self.visit(first), self.visit(second)
        if isinstance(first, Name) and first.name == "$env":
            if isinstance(second, Literal) and isinstance(second.value, str):
                return self._from_env(second.value) or UNKNOWN
            return UNKNOWN
        if base.unknown:
            return UNKNOWN
        if base.kind == "slice":
            if not (key.integer or key.unknown):
                self.fail(second, f"non-integer slice index {key}")
            return base.element()
        if base.kind == "map":
            wanted = of_type(_key_type(base))
            if not (key.unknown or wanted.unknown or key.assignable_to(wanted)):
                self.fail(second, f"cannot use {key} to get an element from {base}")
            return base.element()
        self.fail(first, f"type {base} does not support indexing")

    def _predicate_builtin(self, node: Builtin) -> Nature:
        collection = self.visit(node.arguments[0])
        if not collection.listy and not collection.unknown:
            self.fail(node.arguments[0], f"builtin {node.name} takes only array (got {collection})")
        if len(node.arguments) == 1:
            return INT if node.name == "count" else collection.element()
        pointers = {"map": {"index": INT}, "reduce": {"index": INT, "acc": UNKNOWN}}.get(node.name, {})
        self.scopes.append((collection, pointers))
        predicate = self.visit(node.arguments[1])
        self.scopes.pop()
        if len(node.arguments) == 3:
            third = self.visit(node.arguments[2])
            if node.name == "sortBy" and third.kind != "string" and not third.unknown:
                self.fail(node.arguments[2], f"sortBy order argument must be a string (got {third})")
        result = predicate.inner or UNKNOWN
        if result.is_nil:
            self.fail(node.arguments[1], "a predicate must have a value, not nil")
        if node.name in _BOOLEAN_PREDICATES and result.kind != "bool" and not result.unknown:
            self.fail(node.arguments[1], f"predicate should return boolean (got {result})")
        return _predicate_result(node.name, collection, result)

    def _pointer(self, node: Pointer) -> Nature:
        if not self.scopes:
            self.fail(node, "cannot use pointer accessor outside predicate")
        collection, pointers = self.scopes[-1]
        if not node.name:
            return collection.element()
        if node.name not in pointers:
            self.fail(node, f"unknown pointer #{node.name}")
        return pointers[node.name]


def _predicate_result(name: str, collection: Nature, result: Nature) -> Nature:
    known = _BOOLEAN_PREDICATES.get(name)
    if known is not None:
        return known
    if name == "filter":
        return natures.LIST_NATURE if collection.unknown else collection.element().list_of()
    if name == "map":
        return result.list_of()
    if name == "groupBy":
        return Nature("map[interface {}][]interface {}")
    if name in ("find", "findLast"):
        return collection.element()
    if name == "sortBy":
        return collection
    return of_type(result.go_type or "interface {}") if name == "sum" else result


def _key_type(nature: Nature) -> str:
    assert nature.go_type is not None
    return nature.go_type[4 : nature.go_type.index("]")]


def _callee_name(node: Node) -> str:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member) and isinstance(node.key, Literal) and isinstance(node.key.value, str):
        return node.key.value
    return "function"


def method_signature(base: Nature, name: str) -> tuple[tuple[str, ...], str, bool]:
    """Parameters, result and variadicity of a method that `method_type` found."""
    from kai_pipelines.expression.gotime_methods import METHODS

    params, result, _ = METHODS[base.go_type or ""][name]
    return params, result, False


def method_type(base: Nature, name: str) -> Nature | None:
    """The nature of a method of a named type; only Go's time types have methods that are known before running."""
    if base.go_type is None or "time." not in base.go_type or kind_of(base.go_type) in ("slice", "map", "func"):
        return None
    from kai_pipelines.expression.gotime_methods import METHODS

    found = METHODS.get(base.go_type, {}).get(name)
    return None if found is None else Nature(f"func({', '.join(found[0])}) {found[1]}")

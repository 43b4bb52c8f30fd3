"""Nodes to closures: what each piece of an expression does when it runs. They raise plain Python errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kai_pipelines.expression import nodes, operators
from kai_pipelines.expression.checker import Checker
from kai_pipelines.expression.machine import Machine, Run, truth
from kai_pipelines.expression.nodes import Node
from kai_pipelines.expression.values import ANY, Func, is_nil, kind_of, type_name


def compile_tree(tree: Node, checker: Checker) -> Run:
    """The closure of a folded tree; `checker` knows the natures of its nodes."""
    return _Compiler(checker).compile(tree)


class _Compiler:
    """Nodes to closures; the closures raise plain Python errors, the caller adds the position."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    def compile(self, node: Node) -> Run:
        return _COMPILERS[type(node)](self, node)

    def literal(self, node: nodes.Literal) -> Run:
        value = node.value
        if isinstance(value, list):
            return lambda machine: list(value)
        return lambda machine: value

    def name(self, node: nodes.Name) -> Run:
        name = node.name

        def load(machine: Machine) -> object:
            if name in machine.variables:
                return machine.variables[name]
            return machine.env if name == "$env" else machine.env.get(name)

        return load

    def pointer(self, node: nodes.Pointer) -> Run:
        if node.name == "index":
            return lambda machine: machine.scopes[-1].index
        if node.name == "acc":
            return lambda machine: machine.scopes[-1].acc
        if node.name:
            self.checker.fail(node, f"unknown pointer #{node.name}")

        def element(machine: Machine) -> object:
            scope = machine.scopes[-1]
            return scope.items[scope.index]

        return element

    def unary(self, node: nodes.Unary) -> Run:
        operand, position = self.compile(node.operand), node.position
        if node.operator == "+":
            return operand

        def invert(machine: Machine) -> object:
            value = operand(machine)
            machine.position = position
            return not truth(value)

        def negate(machine: Machine) -> object:
            value = operand(machine)
            machine.position = position
            if not operators.is_number(value):
                raise TypeError(f"invalid operation: - {type_name(value)}")
            return -value if isinstance(value, float) else operators.arithmetic("-", 0, value)

        return invert if node.operator in ("!", "not") else negate

    def binary(self, node: nodes.Binary) -> Run:
        first, operators = nodes.spine(node)
        start = self.compile(first)
        steps = [self.step(operator) for operator in operators]

        def apply(machine: Machine) -> object:
            value = start(machine)
            for step in steps:
                value = step(machine, value)
            return value

        return apply

    def step(self, node: nodes.Binary) -> Callable[[Machine, object], object]:
        """What an operator and its right operand make of the value on the left."""
        if node.operator in ("and", "&&", "or", "||"):
            return self.logical(node)
        right, position = self.compile(node.right), node.position
        if node.operator == "??":
            return lambda machine, value: right(machine) if is_nil(value) else value
        if node.operator == "matches" and isinstance(node.right, nodes.Literal) and isinstance(node.right.value, str):
            self.checker.check_pattern(node, node.right.value)
        operate = self.operation(node)

        def apply(machine: Machine, value: object) -> object:
            other = right(machine)
            machine.position = position
            return operate(machine, value, other)

        return apply

    def logical(self, node: nodes.Binary) -> Callable[[Machine, object], object]:
        right, position = self.compile(node.right), node.position
        stops_at = node.operator in ("or", "||")

        def apply(machine: Machine, value: object) -> object:
            machine.position = position
            return value if truth(value) is stops_at else right(machine)

        return apply

    def operation(self, node: nodes.Binary) -> Callable[[Machine, object, object], object]:
        operator = node.operator
        if operator in ("==", "!="):
            return self.equality(node)
        if operator in ("<", ">", "<=", ">="):
            return lambda machine, a, b: operators.compare(operator, a, b)
        if operator == "in":
            return lambda machine, a, b: operators.contains(a, b)
        if operator == "..":
            return _range
        if operator in ("contains", "startsWith", "endsWith", "matches"):
            return lambda machine, a, b: _on_strings(operator, a, b)
        if operator == "+":
            return _add
        return lambda machine, a, b: operators.arithmetic(operator, a, b)

    def equality(self, node: nodes.Binary) -> Callable[[Machine, object, object], object]:
        left, right = self.checker.nature(node.left), self.checker.nature(node.right)
        wanted = left.go_type if left.go_type == right.go_type and left.go_type in ("int", "string") else None
        negated = node.operator == "!="

        def apply(machine: Machine, a: object, b: object) -> object:
            if wanted is not None and not (type_name(a) == type_name(b) == wanted):
                raise TypeError(f"interface conversion: a value is not {wanted}")
            return operators.equal(a, b) is not negated

        return apply

    def chain(self, node: nodes.Chain) -> Run:
        inner = self.compile(node.node)

        def apply(machine: Machine) -> object:
            try:
                value = inner(machine)
            except _ChainEnd:
                return None
            return None if is_nil(value) else value

        return apply

    def member(self, node: nodes.Member) -> Run:
        from kai_pipelines.expression.access import fetch

        base, key, position, optional = self.compile(node.base), self.compile(node.key), node.position, node.optional

        def apply(machine: Machine) -> object:
            value = base(machine)
            if optional and is_nil(value):
                raise _ChainEnd
            index = key(machine)
            machine.position = position
            return fetch(value, index)

        return apply

    def slice(self, node: nodes.SliceOf) -> Run:
        from kai_pipelines.expression.access import slice_of

        base, position = self.compile(node.base), node.position
        start = None if node.start is None else self.compile(node.start)
        end = None if node.end is None else self.compile(node.end)

        def apply(machine: Machine) -> object:
            value = base(machine)
            last = None if end is None else end(machine)
            first = 0 if start is None else start(machine)
            machine.position = position
            return slice_of(value, first, last, to_the_end=end is None)

        return apply

    def call(self, node: nodes.Call) -> Run:
        arguments = [self.compile(argument) for argument in node.arguments]
        callee, position = self.compile(node.callee), node.position

        def apply(machine: Machine) -> object:
            given = [argument(machine) for argument in arguments]
            function = callee(machine)
            machine.position = position
            return call(function, given)

        return apply

    def builtin(self, node: nodes.Builtin) -> Run:
        from kai_pipelines.expression import builtins, predicates
        from kai_pipelines.expression.grammar import PREDICATES

        arguments = [self.compile(argument) for argument in node.arguments]
        position = node.position
        if node.name in PREDICATES:
            then = None if node.then is None else self.compile(node.then)
            return predicates.prepare(node, arguments, then)
        function = builtins.FUNCTIONS[node.name]

        def apply(machine: Machine) -> object:
            given = [argument(machine) for argument in arguments]
            machine.position = position
            try:
                return function(machine, *given)
            except TypeError as error:  # the checker does not look at the arguments of unknown functions
                if "positional argument" in str(error):
                    raise TypeError(f"invalid number of arguments to {node.name}: {len(given)}") from error
                raise

        return apply

    def predicate(self, node: nodes.Predicate) -> Run:
        return self.compile(node.body)

    def let(self, node: nodes.Let) -> Run:
        name, value, body = node.name, self.compile(node.value), self.compile(node.body)

        def apply(machine: Machine) -> object:
            machine.variables[name] = value(machine)
            try:
                return body(machine)
            finally:
                del machine.variables[name]

        return apply

    def sequence(self, node: nodes.Sequence) -> Run:
        parts = [self.compile(part) for part in node.nodes]
        return lambda machine: [part(machine) for part in parts][-1]

    def conditional(self, node: nodes.Conditional) -> Run:
        condition, position = self.compile(node.condition), node.position
        yes, no = self.compile(node.yes), self.compile(node.no)

        def apply(machine: Machine) -> object:
            value = condition(machine)
            machine.position = position
            return yes(machine) if truth(value) else no(machine)

        return apply

    def array(self, node: nodes.Array) -> Run:
        items = [self.compile(item) for item in node.items]

        def apply(machine: Machine) -> object:
            values = [item(machine) for item in items]
            machine.grow(len(values))
            return values

        return apply

    def map(self, node: nodes.Map) -> Run:
        pairs = [(self.compile(key), self.compile(value)) for key, value in node.pairs]
        position = node.position

        def apply(machine: Machine) -> object:
            entries = [(key(machine), value(machine)) for key, value in pairs]
            machine.position = position
            machine.grow(len(entries))
            result: dict[str, object] = {}
            for key, value in reversed(entries):
                if not isinstance(key, str):
                    raise TypeError(f"interface conversion: interface {{}} is {type_name(key)}, not string")
                result[key] = value
            return result

        return apply


class _ChainEnd(Exception):
    """A nil before `?.`: the whole chain is nil."""


_COMPILERS: dict[type, Callable[[_Compiler, Any], Run]] = {
    nodes.Literal: _Compiler.literal,
    nodes.Name: _Compiler.name,
    nodes.Pointer: _Compiler.pointer,
    nodes.Unary: _Compiler.unary,
    nodes.Binary: _Compiler.binary,
    nodes.Chain: _Compiler.chain,
    nodes.Member: _Compiler.member,
    nodes.SliceOf: _Compiler.slice,
    nodes.Call: _Compiler.call,
    nodes.Builtin: _Compiler.builtin,
    nodes.Predicate: _Compiler.predicate,
    nodes.Let: _Compiler.let,
    nodes.Sequence: _Compiler.sequence,
    nodes.Conditional: _Compiler.conditional,
    nodes.Array: _Compiler.array,
    nodes.Map: _Compiler.map,
}


def call(function: object, given: list[object]) -> object:
    """Call a Go function value as reflection does: the arguments must have its types, nil is a zero value."""
    if function is None:
        raise TypeError("invalid operation: cannot call nil")
    if not isinstance(function, Func):
        raise TypeError(f"invalid operation: cannot call non-function of type {type_name(function)}")
    least = len(function.params) - function.variadic
    if len(given) < least or (len(given) > least and not function.variadic):
        raise TypeError(f"invalid number of arguments: expected {least}, got {len(given)} ({function.name})")
    return function.call(*(_argument(function, index, value) for index, value in enumerate(given)))


def _argument(function: Func, index: int, value: object) -> object:
    wanted = function.param(index)
    if wanted == ANY:
        return value
    if value is None and wanted == "time.Time":
        from kai_pipelines.expression.gotime import ZERO, Time

        return Time(ZERO)
    if value is None:
        return {"string": "", "bool": False, "float64": 0.0, "map": {}, "slice": []}.get(kind_of(wanted), 0)
    if type_name(value) != wanted:
        raise TypeError(f"{function.name}: reflect: Call using {type_name(value)} as type {wanted}")
    return value


def _range(machine: Machine, a: object, b: object) -> object:
    from kai_pipelines.expression.access import to_int
    from kai_pipelines.expression.values import Slice

    first, last = to_int(a), to_int(b)
    machine.grow(last - first + 1)
    return Slice("[]int", range(first, last + 1))


def _add(machine: Machine, a: object, b: object) -> object:
    from kai_pipelines.expression.access import within_budget

    if isinstance(a, str) and isinstance(b, str):
        within_budget(len(a) + len(b))
        return a + b
    return operators.arithmetic("+", a, b)


def _on_strings(operator: str, a: object, b: object) -> bool:
    if is_nil(a) or is_nil(b):
        return False
    if operator == "matches":
        from kai_pipelines.expression.regex import compile_pattern

        subject = a.decode("utf-8", "surrogateescape") if isinstance(a, bytes) else a
        if not isinstance(subject, str) or not isinstance(b, str):
            raise TypeError(f"invalid operation: {type_name(a)} matches {type_name(b)}")
        return compile_pattern(b).search(subject) is not None
    if not isinstance(a, str) or not isinstance(b, str):
        raise TypeError(f"interface conversion: interface {{}} is {type_name(a)}, not string")
    if operator == "contains":
        return b in a
    return a.startswith(b) if operator == "startsWith" else a.endswith(b)

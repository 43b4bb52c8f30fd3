"""Values that exist only at run time, as an author meets them inside a pipeline.

A reference stands for a parameter or a file that some pod will make. It can be passed on, and nothing
else: whatever would need its value now is refused, with the construct that does the same at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from kai_pipelines.authoring.place import fault

if TYPE_CHECKING:
    from kai_pipelines.authoring.graph import Graph, Task
    from kai_pipelines.authoring.signature import Port

_BRANCH = "use switch(value, …) to branch on it, or when(condition, …) for optional work"
_COMPUTE = "compute it in a step, or map it with select(value, …)"
_LOOKUP = "use select(value, …) to map it to constants, or switch(value, …) to branch on it"
_LOOP = "use for_each(values, lambda value: …)"
_PASS = "pass it to a step as an argument; the step sees the value"


class Reference:
    """The base: a typed value of `graph` that cannot be looked at yet."""

    __slots__ = ("graph", "port")

    def __init__(self, graph: Graph, port: Port) -> None:
        self.graph = graph
        self.port = port

    @property
    def label(self) -> str:
        """How the author knows the value."""
        return self.port.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label}>"

    def __bool__(self) -> bool:
        _refuse(self, "the truth", _BRANCH)

    def __len__(self) -> int:
        _refuse(self, "the length", _LOOP)

    def __iter__(self) -> Any:
        _refuse(self, "iteration", _LOOP)

    def __contains__(self, item: object) -> bool:
        _refuse(self, "membership", _BRANCH)

    def __getitem__(self, key: object) -> Any:
        _refuse(self, "an item", _LOOP + ", or return the item as an output of its own")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # protocols that Python itself looks for: pickling, copying, inspecting
            raise AttributeError(name)
        _refuse(self, f"the attribute {name!r}", "return it as an output of its own from the step (a NamedTuple field)")

    def __eq__(self, other: object) -> bool:
        _refuse(self, "a comparison", _BRANCH)

    def __ne__(self, other: object) -> bool:
        _refuse(self, "a comparison", _BRANCH)

    def __hash__(self) -> int:
        _refuse(self, "a lookup by the value", _LOOKUP)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Refused: a value is no function."""
        _refuse(self, "a call", _PASS)

    def __str__(self) -> str:
        _refuse(self, "the text", _PASS)

    def __format__(self, spec: str) -> str:
        _refuse(self, "the text", _PASS)

    def __fspath__(self) -> str:
        _refuse(self, "the path", _PASS)


def _refuse(value: Reference, what: str, instead: str) -> NoReturn:
    raise fault(f"{what} of {value.label!r}, whose value exists only when the pipeline runs", hint=instead)


def _guard(what: str, instead: str) -> Any:
    def refuse(self: Reference, *others: object) -> NoReturn:
        _refuse(self, what, instead)

    return refuse


for _name in ("lt", "le", "gt", "ge"):
    setattr(Reference, f"__{_name}__", _guard("a comparison", _BRANCH))
for _name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift",
    "neg", "pos", "abs", "invert", "round", "divmod", "int", "float", "complex", "index", "floor", "ceil", "trunc",
):  # fmt: skip
    setattr(Reference, f"__{_name}__", _guard("arithmetic", _COMPUTE))
    if _name not in {"neg", "pos", "abs", "invert", "round", "int", "float", "complex", "index"}:
        setattr(Reference, f"__r{_name}__", _guard("arithmetic", _COMPUTE))


class Input(Reference):
    """An input of the graph: a pipeline's own, or one that a branch took from the graph around it."""

    __slots__ = ("outer",)

    def __init__(self, graph: Graph, port: Port, outer: Reference | None = None) -> None:
        super().__init__(graph, port)
        self.outer = outer
        """The same value in the graph around this one."""

    @property
    def label(self) -> str:
        """The author's name for it."""
        return self.outer.label if self.outer is not None else self.port.name


class Output(Reference):
    """An output of a task of the graph."""

    __slots__ = ("task",)

    def __init__(self, graph: Graph, port: Port, task: Task) -> None:
        super().__init__(graph, port)
        self.task = task

    @property
    def label(self) -> str:
        """The task and its output."""
        return f"{self.task.name}.{self.port.name}"


class Item(Reference):
    """The current element of the loop that runs the graph's task."""

    __slots__ = ("key",)

    def __init__(self, graph: Graph, port: Port, key: str = "") -> None:
        super().__init__(graph, port)
        self.key = key
        """The part of an item that has several; empty for the item itself."""


class Gathered(Reference):
    """The results of a loop whose body returns a NamedTuple: lists, one for each field of `record`."""

    __slots__ = ("record",)

    def __init__(self, graph: Graph, port: Port, record: tuple[Any, ...]) -> None:
        super().__init__(graph, port)
        self.record = record


class Selected(Reference):
    """One of several constants, chosen by the value of `of`."""

    __slots__ = ("cases", "of")

    def __init__(self, graph: Graph, port: Port, of: Reference, cases: dict[str, object]) -> None:
        super().__init__(graph, port)
        self.of = of
        self.cases = cases
        """The constants, by the encoded value that chooses them."""

    @property
    def label(self) -> str:
        """What was selected on."""
        return f"select({self.of.label})"


class Global(Reference):
    """A value Argo knows of the whole workflow, such as its status in an exit handler."""

    __slots__ = ("name",)

    def __init__(self, graph: Graph, port: Port, name: str) -> None:
        super().__init__(graph, port)
        self.name = name
        """Argo's tag: ``workflow.status``."""

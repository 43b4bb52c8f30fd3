"""Every error a user can meet, one tree.

    KaiError                  something the user can mend; printed as one message, never a traceback
    ├── UsageError            a wrong name, flag, file or value was given                   (exit 2)
    │   ├── NoServerError     a server is needed, and none is named                         (exit 2)
    │   └── RefusedError      a server refuses what was asked: token, rights, name          (exit 2)
    ├── AuthoringError        a pipeline or step is written wrongly; carries file and line  (exit 2)
    ├── ManifestError         a manifest cannot be read, or cannot run here                 (exit 2)
    ├── ExpressionError       a {{tag}}, {{=expression}}, when or depends is wrong; carries a position
    ├── CheckError            a pipeline that a Python caller checked has mistakes; carries all of them
    ├── RunError              a run that a Python caller started ended badly; the command line exits 1 instead
    ├── ServerError           a server cannot be reached, or fails                          (exit 1)
    ├── StoreError            the store of results is unusable: version, space, permissions (exit 2)
    └── StepError             a step gives up
        ├── Retryable         trying again may help: a busy service, a full disk            (exit 75)
        └── Fatal             trying again cannot help: bad photographs, a wrong argument   (exit 65)

A step raises `Retryable` or `Fatal`; the runtime turns them into the exit codes above (sysexits.h's
EX_TEMPFAIL and EX_DATAERR), and the retry strategy that the compiler writes reads those codes.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_RETRYABLE = 75
EXIT_FATAL = 65
EXIT_USAGE = 64
"""Exit code of the runtime for an argument that the step's annotations refuse (EX_USAGE)."""
EXIT_BUG = 70
"""Exit code of the runtime for a mistake in the step's own code, such as a wrong name (EX_SOFTWARE)."""
EXIT_MEMORY = 137
"""Exit code of a process that the kernel killed, nearly always for its memory, and of the runtime where a step notices
by itself that there is no more."""
ERROR = "error: "
"""What begins an error in the log of a step of ours; its hint follows, indented."""
PAST_DEADLINE = "longer than the specified deadline"
"""What Kubernetes says of a pod that ran past its deadline; its containers' exit codes say nothing of it."""
EXITS_FOR_GOOD = (EXIT_USAGE, EXIT_FATAL, EXIT_BUG, EXIT_MEMORY)
"""Trying again cannot help after these: the same step needs as much memory the next time."""


def printable(words: str) -> str:
    """Words in one line, as a terminal may show them: of names that people did not choose, nothing moves its cursor."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in words)


class KaiError(Exception):
    """The root: a message for the person at the keyboard, and what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"


class UsageError(KaiError):
    """A wrong name, flag, file or value was given."""


class NoServerError(UsageError):
    """A server is needed, and neither a flag nor the environment names one."""


class RefusedError(UsageError):
    """A server refuses what was asked; `status` is that of HTTP, 0 where there was no answer."""

    def __init__(self, message: str, *, hint: str | None = None, status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class AuthoringError(KaiError):
    """A pipeline or a step is written wrongly, at `path:line`."""

    def __init__(
        self, message: str, *, hint: str | None = None, path: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.path else ""
        return place + super().__str__()


class ManifestError(KaiError):
    """A manifest cannot be read, or cannot run here."""


class ExpressionError(KaiError):
    """An expression cannot be parsed or evaluated; `position` is the offset in `text` of the fault."""

    def __init__(self, message: str, *, text: str = "", position: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.position = position


class CheckError(KaiError):
    """A pipeline that a Python caller checked has mistakes: `diagnostics` (`check.diagnostic.Diagnostic`), all of them."""

    def __init__(self, message: str, diagnostics: Sequence[object]) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class RunError(KaiError):
    """A run that a Python caller started ended badly."""


class ServerError(KaiError):
    """A server cannot be reached, or fails, also after it was tried again."""


class StoreError(KaiError):
    """The store of results cannot be used: another version, no space, no permission."""


class StepError(KaiError):
    """A step gives up; `code` is a stable kebab-case name, `files` the inputs that are to blame."""

    def __init__(
        self, message: str, *, code: str = "step-failed", files: Sequence[str] = (), hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.files = tuple(files)

    def __str__(self) -> str:
        named = f" [{', '.join(map(printable, self.files))}]" if self.files else ""
        return f"{self.code}: {self.message}{named}" + (f"\n  hint: {self.hint}" if self.hint else "")


class Retryable(StepError):
    """Trying again may help."""


class Fatal(StepError):
    """Trying again cannot help."""

"""Pictures as a notebook asks for them: by MIME type."""

from __future__ import annotations

from collections.abc import Callable, Collection

from kai_pipelines.drawing.mermaid import to_mermaid
from kai_pipelines.drawing.svg import to_svg
from kai_pipelines.errors import KaiError
from kai_pipelines.manifest.document import Manifest

MERMAID = "text/vnd.mermaid"
"""Only on demand: a notebook that has it would prefer it to the better picture."""


def bundle(
    manifest: Manifest, plain: str, include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, str]:
    """The forms in which an object shows itself (IPython's `_repr_mimebundle_`); always with plain text."""
    makers: dict[str, Callable[[Manifest], str]] = {"image/svg+xml": to_svg}
    if include is not None and MERMAID in include:
        makers[MERMAID] = to_mermaid
    wanted = [form for form in makers if (include is None or form in include) and form not in (exclude or ())]
    made = {"text/plain": plain}
    for form in wanted:
        try:
            made[form] = makers[form](manifest)
        except KaiError as error:  # a notebook shows what it can
            made["text/plain"] = f"{plain}\n{error}"
    return made

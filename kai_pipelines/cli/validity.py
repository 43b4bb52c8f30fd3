"""Whether a manifest is one that Argo would take; what is not is refused before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kai_pipelines.cli.target import Target, resolve
from kai_pipelines.errors import ManifestError
from kai_pipelines.settings import Settings

_LEFT_OUT = frozenset({"KAI100", "KAI118"})
"""A field of a version of Argo to come changes nothing here; of a template that was not given the engine says where
it looks for one."""
_SHOWN = 3


def valid(text: str, settings: Settings, beside: Sequence[Path]) -> Target:
    """What TARGET names; raises ManifestError for a manifest that Argo's validator refuses."""
    target = resolve(text, settings, beside)
    _refuse_invalid(target)
    return target


def _refuse_invalid(target: Target) -> None:
    """Raise ManifestError for a manifest that Argo would not take; what we compiled is valid."""
    if target.pipeline is not None:
        return
    from kai_pipelines.check.argo import lint

    findings = [
        one for one in lint([target.manifest, *target.siblings]) if one.document == 0 and one.code not in _LEFT_OUT
    ]
    if not findings:
        return
    told = [f"{'.'.join(map(str, one.place)) or 'the manifest'}: {one.message}" for one in findings[:_SHOWN]]
    more = f"\n  and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    text = "\n  ".join(told)
    raise ManifestError(
        f"Argo would not take this manifest:\n  {text}{more}", hint="kai check shows each mistake with its line"
    )

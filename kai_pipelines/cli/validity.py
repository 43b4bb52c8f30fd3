"""Whether a manifest is one that Argo would take; what is not is refused before anything starts."""

from __future__ import annotations

from kai_pipelines.cli.target import Target
from kai_pipelines.errors import ManifestError

_UNKNOWN_FIELD = "KAI100"
"""A field of a version of Argo to come changes nothing here."""
_SHOWN = 3


def refuse_invalid(target: Target) -> None:
    """Raise ManifestError for a manifest that Argo's validator refuses; what we compiled is valid."""
    if target.pipeline is not None:
        return
    from kai_pipelines.check.argo import lint

    findings = [
        one for one in lint([target.manifest, *target.siblings]) if one.document == 0 and one.code != _UNKNOWN_FIELD
    ]
    if not findings:
        return
    told = [f"{'.'.join(map(str, one.place)) or 'the manifest'}: {one.message}" for one in findings[:_SHOWN]]
    more = f"\n  and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    text = "\n  ".join(told)
    raise ManifestError(
        f"Argo would not take this manifest:\n  {text}{more}", hint="kai check shows each mistake with its line"
    )

"""The rules by which `auto` chooses: each measurement carries up to some quality, and the least decides."""

from __future__ import annotations

from dataclasses import dataclass

from kai_pipelines import Quality
from steps.reconstruction.choosing.costs import Prediction
from steps.reconstruction.choosing.evidence import Evidence

LOW, MEDIUM, HIGH = Quality.LOW, Quality.MEDIUM, Quality.HIGH
_RANK = {quality: rank for rank, quality in enumerate(Quality)}

FEW_PHOTOS = 12
"""Fewer see too little from more than one side for fine triangles."""
FEW_INLIERS, MANY_INLIERS = 60, 150
"""Confirmed features per photograph, from which a camera is held well enough for medium and for high."""
SMALL_PARALLAX, FAIR_PARALLAX = 1.5, 3.0
"""Degrees, of the widest angle under which a point was seen: a pixel's error in depth grows as one by its sine."""
FLAT = 0.004
"""Thickness of what has no shape: a print, a painted wall."""
LEFT_OUT = 0.25
"""Share of photographs that could not be placed, from which the model has holes that no detail mends."""
HANGING = 0.2
"""Share of photographs that hang on few matches, from which the cameras may bend by more than a fine pixel."""
LONGEST_HOURS = 24.0
"""CPU hours that `auto` does not exceed; who asks for a quality by name gets it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One measurement, and the finest quality that it allows."""

    name: str
    value: float | None
    carries: Quality
    words: str


def checks(evidence: Evidence, predictions: dict[Quality, Prediction], memory: int) -> list[Check]:
    """All that can be said; what was not measured says nothing. `memory` is what a step may use, bytes."""
    found = [
        Check("photographs", float(evidence.photos), evidence.carried, evidence.why),
        _placed(evidence),
        _left_out(evidence),
        _inliers(evidence),
        _parallax(evidence),
        _thickness(evidence),
        _hanging(evidence),
        _time(predictions),
        _memory(predictions, memory),
    ]
    return [check for check in found if check is not None]


def best_of(found: list[Check]) -> Quality:
    """The finest quality that every check carries."""
    return min((check.carries for check in found), key=_RANK.__getitem__, default=HIGH)


def reason(found: list[Check], best: Quality) -> str:
    """Why `best` and nothing finer, in the words of the checks that decided."""
    deciding = [check.words for check in found if check.carries is best and check.words]
    if best is HIGH:
        return f"{found[0].words} All checks after matching carry high.".strip()
    return " ".join(deciding)


def _placed(evidence: Evidence) -> Check:
    count = evidence.placed
    if count < FEW_PHOTOS:
        return Check("placed", float(count), MEDIUM, f"{count} placed photographs are too few for high.")
    return Check("placed", float(count), HIGH, f"{count} photographs are placed.")


def _left_out(evidence: Evidence) -> Check | None:
    if not evidence.photos:
        return None
    share = 1 - evidence.placed / evidence.photos
    if share > LEFT_OUT:
        words = f"{evidence.photos - evidence.placed} of {evidence.photos} photographs could not be placed: the model will have holes that high does not mend."
        return Check("left_out", round(share, 3), MEDIUM, words)
    return Check("left_out", round(share, 3), HIGH, f"{share:.0%} of the photographs could not be placed.")


def _inliers(evidence: Evidence) -> Check | None:
    count = evidence.inliers
    if count is None:
        return None
    seen = f"A photograph shares {count:.0f} confirmed features with others"
    if count < FEW_INLIERS:
        return Check("inliers", count, LOW, f"{seen}: too few to trust its camera to a fine pixel.")
    if count < MANY_INLIERS:
        return Check("inliers", count, MEDIUM, f"{seen}: enough for medium, too few for high.")
    return Check("inliers", count, HIGH, f"{seen}.")


def _parallax(evidence: Evidence) -> Check | None:
    angle = evidence.parallax
    if angle is None:
        return None
    seen = f"Points are seen under a median angle of {angle:.1f}°"
    if angle < SMALL_PARALLAX:
        return Check("parallax", angle, LOW, f"{seen}: depth is too uncertain for more than low.")
    if angle < FAIR_PARALLAX:
        return Check("parallax", angle, MEDIUM, f"{seen}: too narrow for the detail of high.")
    return Check("parallax", angle, HIGH, f"{seen}.")


def _thickness(evidence: Evidence) -> Check | None:
    thickness = evidence.thickness
    if thickness is None:
        return None
    if thickness < FLAT:
        words = f"The subject is flat ({thickness:.4f} of its length deep): high has no shape to find."
        return Check("thickness", thickness, MEDIUM, words)
    return Check("thickness", thickness, HIGH, f"The subject is {thickness:.2f} of its length deep.")


def _hanging(evidence: Evidence) -> Check | None:
    if not evidence.placed:
        return None
    share = evidence.weak_links / evidence.placed
    if share > HANGING:
        words = f"{evidence.weak_links} of {evidence.placed} photographs hang on few matches: the cameras are not exact enough for high."
        return Check("weak_links", round(share, 3), MEDIUM, words)
    return Check("weak_links", round(share, 3), HIGH, f"{evidence.weak_links} photographs hang on few matches.")


def _time(predictions: dict[Quality, Prediction]) -> Check:
    hours = {quality: one.cpu_seconds / 3600 for quality, one in predictions.items()}
    within = [quality for quality in Quality if hours.get(quality, 0.0) <= LONGEST_HOURS]
    carries = within[-1] if within else LOW
    if carries is HIGH:
        return Check("hours", round(hours.get(HIGH, 0.0), 2), HIGH, f"high takes {_spelled(hours.get(HIGH, 0.0))}.")
    finer = _finer(carries)
    words = f"{finer.value} would take {_spelled(hours[finer])}; auto stops at {LONGEST_HOURS:.0f} hours."
    return Check("hours", round(hours[finer], 2), carries, words)


def _memory(predictions: dict[Quality, Prediction], memory: int) -> Check | None:
    fits = [
        quality for quality in Quality if quality not in predictions or predictions[quality].peak_memory_bytes <= memory
    ]
    carries = fits[-1] if fits else LOW
    needy = HIGH if carries is HIGH else _finer(carries)
    shown = predictions.get(needy)
    if shown is None:
        return None
    size = f"{shown.peak_memory_bytes / 1e9:.1f} GB"
    if carries is HIGH:
        return Check("memory", round(shown.peak_memory_bytes / 1e9, 2), HIGH, f"high needs {size}.")
    return Check(
        "memory",
        round(shown.peak_memory_bytes / 1e9, 2),
        carries,
        f"{needy.value} would need {size} of memory; a step may use {memory / 1e9:.1f} GB.",
    )


def _finer(quality: Quality) -> Quality:
    """The next finer one."""
    return list(Quality)[_RANK[quality] + 1]


def _spelled(hours: float) -> str:
    return f"{hours:.0f} CPU hours" if hours >= 2 else f"{60 * hours:.0f} CPU minutes"

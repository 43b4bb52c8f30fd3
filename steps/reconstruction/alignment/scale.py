"""How long a unit of the model is: from positions in the photographs, or from distances that somebody measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.spots import Spotter
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.known_distance import KnownDistance
from steps.reconstruction.metrics import StepWarning

Array = NDArray[np.float64]

_FEWEST_POSITIONS = 4
_STRAY = 0.06
"""How far from its place a position may be and still count, as a share of their span, beyond `_NOISE`."""
_NOISE = 2.0
"""Meters by which a good receiver is off."""
_FINEST = 0.3
"""Meters that any receiver may be off, however well its positions agree."""
_TRIES = 200
_AGREEING = 0.6
"""The least share of the positions that agree."""
_DOUBTFUL = 10.0
"""Percent of the scale that is too uncertain to be used."""
_STEADY = 3.0
"""Degrees to which positions determine what is up, and are believed."""
_DISAGREE = 5.0
"""Percent by which measured distances may differ without a word."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Meters per unit of the model."""

    factor: float = 1.0
    source: str = "none"
    """gps, known-distance or none."""
    error_percent: float | None = None
    """One standard deviation, as far as it can be told."""
    up: Array | None = None
    """Up [3] in the model, where positions tell it."""
    warning: StepWarning | None = None

    @property
    def unit(self) -> str:
        """Of all lengths in the model."""
        return "arbitrary" if self.source == "none" else "m"


def find_scale(
    model: pycolmap.Reconstruction, positions: Mapping[str, Sequence[float]], distances: Sequence[KnownDistance]
) -> Scale:
    """From the distances if there are any, else from the positions [east, north, up] in meters by photograph."""
    from_positions = scale_from_positions(_centers(model), positions)
    if not distances:
        return from_positions
    measured = scale_from_distances(model, distances)
    return Scale(measured.factor, measured.source, measured.error_percent, from_positions.up, measured.warning)


def scale_from_distances(model: pycolmap.Reconstruction, distances: Sequence[KnownDistance]) -> Scale:
    """The mean of what the distances say; their spread, or what a pixel does to the only one, is the error."""
    spotter = Spotter(model)
    measured = [spotter.measure(each) for each in distances]
    logs = np.log([each.meters / length for each, (length, _) in zip(distances, measured, strict=True)])
    factor = float(np.exp(np.median(logs)))
    of_pixels = float(np.sqrt(np.mean([error**2 for _, error in measured])) / np.sqrt(len(measured)))
    spread = float(np.std(logs, ddof=1) / np.sqrt(len(logs))) if len(logs) > 1 else 0.0
    off = 100 * np.abs(np.exp(logs - np.median(logs)) - 1)
    warning = None
    if off.max() > _DISAGREE:
        worst = distances[int(np.argmax(off))]
        warning = StepWarning(
            code="distances-disagree",
            message=f"The known distances differ by up to {off.max():.1f} %; {worst.meters:g} m fits worst.",
            files=spotter.photos_of(worst),
        )
    return Scale(factor, "known-distance", round(100 * max(spread, of_pixels), 3), None, warning)


def scale_from_positions(centers: Mapping[str, Array], positions: Mapping[str, Sequence[float]]) -> Scale:
    """A robust similarity from where the cameras are in the model to where their receivers said they were."""
    names = sorted(centers.keys() & positions.keys())
    if not names:
        return Scale()
    source = np.array([centers[name] for name in names], np.float64)
    target = np.array([positions[name] for name in names], np.float64)
    span = float(np.linalg.norm(target - target.mean(axis=0), axis=1).max() * 2)
    if len(names) < _FEWEST_POSITIONS or span < 3 * _NOISE:
        return _refused(
            f"GPS of {len(names)} photographs spans {span:.1f} m, too little for a scale.",
            code="gps-too-little",
            names=names,
        )
    agreeing = _agreeing(source, target, max(_NOISE, _STRAY * span))
    if agreeing.sum() < max(_FEWEST_POSITIONS, _AGREEING * len(names)):
        return _refused("GPS disagrees with the photographs.", code="gps-disagrees", names=names)
    return _scale_of(source[agreeing], target[agreeing], names)


def _agreeing(source: Array, target: Array, within: float) -> NDArray[np.bool_]:
    """The positions that one similarity explains; RANSAC over triples, refined once with all that agree."""
    random = np.random.default_rng(0)
    best = np.zeros(len(source), bool)
    for _ in range(_TRIES):
        chosen: NDArray[np.intp] = random.choice(len(source), 3, replace=False)
        for _ in range(2):
            scale, rotation, shift = umeyama(source[chosen], target[chosen])
            inside = np.linalg.norm(scale * source @ rotation.T + shift - target, axis=1) < within
            if inside.sum() > best.sum():
                best = inside
            chosen = np.flatnonzero(inside)
            if len(chosen) < 3:
                break
    return best


def _scale_of(source: Array, target: Array, names: list[str]) -> Scale:
    similarity = umeyama(source, target)
    factor = similarity[0]
    error = 100 * float(np.std([np.log(umeyama(source[some], target[some])[0]) for some in _resampled(len(source))]))
    if error > _DOUBTFUL:
        message = (
            f"GPS is too noisy for the short way between the photographs: the scale would be off by {error:.0f} %."
        )
        return _refused(message, code="gps-too-little", names=names)
    left = target - (factor * source @ similarity[1].T + similarity[2])
    noise = max(float(np.sqrt((left**2).sum(axis=1).mean())), _FINEST)
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(target[:, :2].T))[0], 0.0))
    lean = np.degrees(noise / max(spread * np.sqrt(len(source)), 1e-9))
    up = np.asarray(similarity[1].T @ [0.0, 0.0, 1.0], np.float64) if lean < _STEADY else None
    return Scale(factor, "gps", round(error, 3), up)


def _resampled(count: int, times: int = 100) -> list[NDArray[np.intp]]:
    """Bootstrap samples; Efron, Ann. Statist. 1979."""
    random = np.random.default_rng(0)
    samples = [np.unique(random.integers(0, count, count)) for _ in range(times)]
    return [sample for sample in samples if len(sample) >= 3]


def umeyama(source: Array, target: Array) -> tuple[float, Array, Array]:
    """Scale, rotation [3, 3] and shift [3] that put `source` [n, 3] best onto `target`; Umeyama, PAMI 13, 1991."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, values, vt = np.linalg.svd(b.T @ a / len(a))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = np.asarray(u @ np.diag(signs) @ vt, np.float64)
    scale = float((values * signs).sum() / max(float((a**2).sum(axis=1).mean()), 1e-300))
    return scale, rotation, np.asarray(target.mean(axis=0) - scale * rotation @ source.mean(axis=0), np.float64)


def _refused(message: str, code: str, names: list[str]) -> Scale:
    return Scale(warning=StepWarning(code=code, message=f"{message} The unit of length stays arbitrary.", files=names))


def _centers(model: pycolmap.Reconstruction) -> dict[str, Array]:
    images = [model.image(number) for number in model.reg_image_ids()]
    return {image.name: np.asarray(image.projection_center(), np.float64) for image in images}

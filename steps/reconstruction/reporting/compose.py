"""From what was read and a way to draw the model to the content of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.documents import AssessmentDocument, MatchDocument, photo_names
from steps.reconstruction.reporting import held_out
from steps.reconstruction.reporting.content import Comparison, Content, Still
from steps.reconstruction.reporting.figures import Summary
from steps.reconstruction.reporting.geometry import Geometry
from steps.reconstruction.reporting.masking import masked_names, masked_stills
from steps.reconstruction.reporting.straightening import pinhole, straightened
from steps.reconstruction.reporting.subject import subject
from steps.reconstruction.reporting.thumbnails import data_uri, thumbnail, thumbnail_side
from steps.reconstruction.reporting.viewing import viewer
from steps.reconstruction.reporting.views import Draw, best_rise, looking, sides
from steps.reconstruction.scene import CameraView, Scene

HERO = (960, 720)
STILL = (480, 360)
COMPARED = 4
"""So many photographs are shown beside the model, the held-out ones among them."""
COMPARED_SIDE = 720
"""Longer side of a compared picture, pixels."""
MINIATURE = 96
"""Longer side of the pictures in a warning, pixels."""
MINIATURES = 8
"""So many pictures stand in one warning."""


@dataclass(frozen=True)
class Inputs:
    """Everything that the other steps left, read."""

    photos: Path
    masks: Path | None
    model: Path
    assessment: AssessmentDocument
    matches: MatchDocument
    scene: Scene
    dense_points: int
    geometry: Geometry
    held_out: Sequence[held_out.HeldOutPair]


def compose(inputs: Inputs, summary: Summary, draw: Draw, report: Callable[[str], None] = lambda text: None) -> Content:
    """Make every picture of the page; `report` hears a few words before each part."""
    photos, scene, geometry = inputs.photos, inputs.scene, inputs.geometry
    names = photo_names(inputs.assessment, inputs.matches)
    report("thumbnails")
    side = thumbnail_side(len(names))
    thumbnails = _pictures(photos, names, side)
    masked = masked_names(names, inputs.masks)
    report("views of the model")
    seen = subject(geometry.seen, scene.views)
    hero = _still("The model from the front, a little from the left", draw, seen, -28.0, best_rise(seen), HERO)
    around = sides(seen, np.array([view.center for view in scene.views]).reshape(-1, 3), inward=geometry.inward)
    stills = [_still(one.title, draw, seen, one.turn, one.rise, STILL) for one in around.shown]
    report("photographs beside the model")
    examined = held_out.comparisons(list(inputs.held_out), inputs.model)
    others = [view for view in scene.views if view.name not in {pair.name for pair in inputs.held_out}]
    compared = (_compare(view, photos, draw) for view in _spread(others, max(2, COMPARED - len(examined))))
    report("the interactive view")
    return Content(
        summary=summary,
        assessment=inputs.assessment,
        matches=inputs.matches,
        scene=scene,
        thumbnails=thumbnails,
        miniatures=_pictures(photos, _named(summary, inputs), MINIATURE),
        masked=masked_stills(photos, inputs.masks, masked),
        masks=len(masked),
        hero=hero,
        stills=stills,
        unseen_sides=around.unseen,
        examined=examined,
        comparisons=[pair for pair in compared if pair],
        viewer=viewer(scene, geometry, seen, photos, summary.unit),
    )


def _pictures(photos: Path, names: Iterable[str], side: int) -> dict[str, str]:
    return {name: uri for name in names if (uri := thumbnail(photos / name, side)) is not None}


def _named(summary: Summary, inputs: Inputs) -> list[str]:
    """The photographs that are shown beside a warning."""
    told = [*summary.warnings, *inputs.assessment.issues, *inputs.matches.gaps]
    return sorted({name for one in told for name in one.files[:MINIATURES]})


def _still(title: str, draw: Draw, seen: NDArray[np.float64], turn: float, rise: float, size: tuple[int, int]) -> Still:
    picture = draw(looking(seen, turn, rise, *size))
    return Still(title, data_uri(Image.fromarray(picture, "RGBA")), *size)


def _spread(views: Sequence[CameraView], count: int) -> list[CameraView]:
    """At most `count` of the views, evenly over their order."""
    if len(views) <= count:
        return list(views)
    return [views[round((i + 0.5) * len(views) / count - 0.5)] for i in range(count)]


def _compare(view: CameraView, photos: Path, draw: Draw) -> Comparison | None:
    """The photograph without its lens distortion, and the model through the same pinhole."""
    camera = pinhole(view, COMPARED_SIDE)
    photograph = straightened(photos / view.name, view, camera)
    if photograph is None:
        return None
    size = camera.width, camera.height
    model = Image.fromarray(draw(camera), "RGBA")
    return Comparison(
        name=view.name,
        photograph=Still(f"The photograph {view.name}", data_uri(photograph), *size),
        model=Still(f"The model as {view.name} saw it", data_uri(model), *size),
    )

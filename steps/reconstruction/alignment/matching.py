"""From a folder of photographs to a database of verified matches."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from steps.reconstruction.alignment import features, pairs
from steps.reconstruction.alignment.features import Effort
from steps.reconstruction.alignment.graph import Graph, read_graph
from steps.reconstruction.alignment.overlay import overlays, still, take_off
from steps.reconstruction.alignment.turning import motion
from steps.reconstruction.colmap import pycolmap

Report = Callable[[float, str], None]
"""Hears the share that is done and a few words."""

_STANDING_STILL = 0.5


@dataclass(frozen=True, slots=True)
class Sources:
    """The photographs to align, by name, and the masks beside them."""

    folder: Path
    names: tuple[str, ...]
    masks: Path | None = None
    positions: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Where photographs were taken from, by name, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What is known once photographs are compared."""

    database: Path
    photos: Path
    """The photographs under their numbers."""
    numbered: list[str]
    """The names in the database, in the order of the photographs."""
    graph: Graph
    static: bool = False
    """What stood still in most pairs, a background behind a turntable, has been taken out."""
    overlaid: bool = False
    """What lies over most photographs has been taken out."""


def match_photos(sources: Sources, effort: Effort, scratch: Path, seed: int, report: Report) -> Matched:
    """Find features, choose pairs, match and verify them."""
    database, linked, count = scratch / "matches.db", scratch / "photos", len(sources.names)
    numbered = features.link_photos(sources.folder, sources.names, linked)
    shares: dict[str, float] = {}
    if sources.masks is not None:
        shares = features.link_masks(sources.masks, sources.names, numbered, scratch / "masks")
    features.register_photos(database, linked, numbered)
    masks = scratch / "masks" if shares else None
    for done in features.extract(database, linked, numbered, effort, masks, shares):
        report(0.5 * done / count, f"features of {done} of {count} photographs")
    positions = {
        index: sources.positions[name] for index, name in enumerate(sources.names) if name in sources.positions
    }
    for done, of in pairs.compare(database, numbered, scratch, seed, guided=effort.thorough, positions=positions):
        report(0.5 + 0.5 * done / max(of, 1), f"{done} of {of} pairs compared")
    matched = _without_overlay(Matched(database, linked, numbered, read_graph(database, numbered)), scratch, seed)
    return _without_background(matched, scratch, seed) if sources.masks is None or not shares else matched


def _without_overlay(matched: Matched, scratch: Path, seed: int) -> Matched:
    """Without what lies over the photographs; as it was where nothing does."""
    found = overlays(matched.graph)
    if not found:
        return matched
    database = scratch / "without-overlay.db"
    shutil.copyfile(matched.database, database)
    take_off(database, matched.numbered, matched.graph, found)
    return replace(_verified(matched, database, scratch, _options(seed)), overlaid=True)


def _without_background(matched: Matched, scratch: Path, seed: int) -> Matched:
    """Without what stood still while something else moved; as it was where nothing else did."""
    strong = matched.graph.strong
    if not strong or np.median([still(matched.graph, edge).mean() for edge in strong]) < _STANDING_STILL:
        return matched
    database = scratch / "moving.db"
    shutil.copyfile(matched.database, database)
    with pycolmap.Database.open(database) as opened:
        opened.clear_two_view_geometries()
    options = _options(seed)
    options.filter_stationary_matches = True
    moving = replace(_verified(matched, database, scratch, options), static=True)
    deep = {index for edge in moving.graph.strong if motion(moving.graph, edge).has_depth for index in (edge.a, edge.b)}
    return moving if len(deep) > len(matched.numbered) / 2 else matched


def _options(seed: int) -> pycolmap.TwoViewGeometryOptions:
    options = pycolmap.TwoViewGeometryOptions()
    options.ransac.random_seed = seed
    return options


def _verified(matched: Matched, database: Path, scratch: Path, options: pycolmap.TwoViewGeometryOptions) -> Matched:
    """The same pairs verified anew, in another database."""
    listed, names = scratch / f"{database.stem}.txt", matched.numbered
    lines = [f"{names[edge.a]} {names[edge.b]}\n" for edge in matched.graph.edges]
    listed.write_text("".join(lines), encoding="utf-8")
    pycolmap.verify_matches(database, listed, options)
    return replace(matched, database=database, graph=read_graph(database, names))


def probe(sources: Sources, left: Sequence[str], near: Sequence[str], scratch: Path, seed: int, features: int) -> bool:
    """Whether a thorough search joins photographs that were left out with some that were placed, or with each other."""
    some = Sources(sources.folder, tuple(sorted({*left, *near})), sources.masks, sources.positions)
    found = match_photos(some, Effort(features, thorough=True), scratch, seed, lambda share, text: None)
    place = {name: index for index, name in enumerate(some.names)}
    outside = {place[name] for name in left}
    return any(not near or (edge.a in outside) != (edge.b in outside) for edge in found.graph.strong)

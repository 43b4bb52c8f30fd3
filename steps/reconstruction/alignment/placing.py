"""From photographs to one model of as many of them as belong together, trying harder where some are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from steps.reconstruction.alignment import verdict
from steps.reconstruction.alignment.features import Effort
from steps.reconstruction.alignment.graph import Graph, groups
from steps.reconstruction.alignment.mapping import Mapper, placed
from steps.reconstruction.alignment.matching import Matched, Report, Sources, match_photos, probe
from steps.reconstruction.alignment.mirrored import find_mirrored
from steps.reconstruction.alignment.turning import Motion
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.photographs import FEWEST_PHOTOS

_THOROUGH_UP_TO = 80
"""Photographs up to which a second, thorough attempt is made for those that were left out."""
_PROBED = 4
"""Photographs on either side of a gap that are searched thoroughly to see whether another attempt would pay."""
_THOROUGH_FEATURES = 10_000
_SUSPECTS = 16
_WITNESSES = 12
_WEAK = 0.2
"""A placed photograph with a smaller share of the usual observations may be there by mistake."""


@dataclass(frozen=True)
class Placed:
    """The model that was kept, with the photographs' numbers as names, and what is known about the others."""

    matched: Matched
    model: pycolmap.Reconstruction
    mapper: str
    moved: list[Motion]
    mirrored: list[int]
    parts: list[list[int]] = field(default_factory=list)
    """Groups of at least three photographs that do not belong to the model."""
    thorough: bool = False

    @property
    def left(self) -> list[int]:
        """Photographs without a pose."""
        there = placed(self.model)
        return [index for index, name in enumerate(self.matched.numbered) if name not in there]


class Placing:
    """One set of photographs, and the attempts to place them."""

    def __init__(self, sources: Sources, scratch: Path, seed: int, report: Report, *, largest: bool) -> None:
        self._sources, self._scratch, self._seed, self._report = sources, scratch, seed, report
        self._largest = largest
        self._probes = 0

    def place(self, max_features: int) -> Placed:
        """The model; raises the reason where there is none, and names the groups where there are several scenes."""
        matched = self._match(Effort(max_features), "first")
        moved = verdict.motions(matched.graph)
        small = len(self._sources.names) <= _THOROUGH_UP_TO
        joined = self._tell_apart(matched, small=small)
        attempt = self._attempt(matched, moved, must=not small)
        if small and (joined or self._worth_more(matched, attempt)):
            attempt = self._harder(attempt, max_features)
        if attempt is None:
            verdict.refuse_without_depth(matched.graph, moved, self._sources.names)
            self._refuse_unplaced(matched)
        assert attempt is not None
        there = [index for index in range(len(self._sources.names)) if index not in attempt.left]
        self._refuse_scenes([there, *attempt.parts])
        return attempt

    def _match(self, effort: Effort, folder: str) -> Matched:
        scratch = self._scratch / folder
        scratch.mkdir()
        return match_photos(
            self._sources, effort, scratch, self._seed, lambda done, text: self._report(0.6 * done, text)
        )

    def _report_mapping(self, share: float, text: str) -> None:
        self._report(0.6 + 0.4 * share, text)

    def _tell_apart(self, matched: Matched, *, small: bool) -> bool:
        """End where the matches fall into scenes, before anything is computed; whether thorough ones join them."""
        parts = _parts(matched.graph, range(len(self._sources.names)))
        if len(parts) < 2:
            return False
        mirrored = _mirrored(matched, [index for part in parts[1:] for index in part], parts[0])
        parts = _without(parts, mirrored)
        if len(parts) < 2:
            return False
        if small and not self._largest and self._reachable(matched, parts[1:], parts[0]):
            return True
        self._refuse_scenes(parts)
        return False

    def _attempt(self, matched: Matched, moved: list[Motion], *, must: bool) -> Placed | None:
        """The best model of these matches; None where there is none and another attempt may find one."""
        graph, names = matched.graph, self._sources.names
        parts = _parts(graph, range(len(names)))
        if must or parts:
            verdict.refuse_without_depth(graph, moved, names)
        if not parts:
            return None
        chosen = [matched.numbered[index] for index in _reach(graph, parts)]
        sure = [matched.numbered[index] for index in parts[0]]
        folder = matched.database.parent / "models"
        mapped = Mapper(matched.database, matched.photos, folder, chosen, sure, self._seed, self._report_mapping).best()
        if not mapped.models:
            return None
        found = Placed(matched, mapped.models[0], mapped.mapper, moved, [])
        there = [index for index in parts[0] if index not in found.left]
        mirrored = _mirrored(matched, [*found.left, *_weak(found.model, matched)], there)
        _take_out(found.model, [matched.numbered[index] for index in mirrored])
        if found.model.num_reg_images() < FEWEST_PHOTOS:
            return None
        return replace(found, mirrored=mirrored, parts=_without(_parts(graph, found.left), mirrored))

    def _harder(self, attempt: Placed | None, max_features: int) -> Placed | None:
        """A thorough attempt, or the first where that placed as many."""
        matched = self._match(Effort(max(max_features, _THOROUGH_FEATURES), thorough=True), "again")
        again = self._attempt(matched, verdict.motions(matched.graph), must=attempt is None)
        if again is None or (attempt is not None and len(again.left) >= len(attempt.left)):
            return attempt
        return replace(again, thorough=True)

    def _worth_more(self, matched: Matched, attempt: Placed | None) -> bool:
        """Whether a thorough search would connect what was left out."""
        count = len(self._sources.names)
        if attempt is None:  # nothing holds together: look at some neighbors by name
            middle = count // 2
            some = [*range(min(3, middle)), *range(middle, min(middle + 3, count))]
            return self._probe(some, [])
        ignored = {*attempt.mirrored, *(index for part in attempt.parts for index in part if self._largest)}
        left = [index for index in attempt.left if index not in ignored]
        there = [index for index in range(count) if index not in attempt.left]
        return bool(left) and self._reachable(matched, [left], there)

    def _reachable(self, matched: Matched, parts: Sequence[Sequence[int]], there: Sequence[int]) -> bool:
        """Whether thorough features connect some of the groups with photographs of another: tried on a few of each."""
        for part in parts:
            links = _links(matched.graph, part, there)
            beside = {near for index in part for near in (index - 1, index + 1)}
            if self._probe(_best(part, links, set()), _best(there, links, beside)):
                return True
        return False

    def _probe(self, left: Sequence[int], near: Sequence[int]) -> bool:
        self._probes += 1
        scratch = self._scratch / f"probe-{self._probes}"
        scratch.mkdir()
        some = [[self._sources.names[index] for index in group] for group in (left, near)]
        return probe(self._sources, some[0], some[1], scratch, self._seed, _THOROUGH_FEATURES)

    def _refuse_scenes(self, parts: Sequence[Sequence[int]]) -> None:
        if not self._largest:
            verdict.refuse_two_scenes([[self._sources.names[index] for index in part] for part in parts])

    def _refuse_unplaced(self, matched: Matched) -> None:
        names = self._sources.names
        matching = {index for edge in matched.graph.edges for index in (edge.a, edge.b)}
        verdict.refuse_too_few(names, len(matching), [name for at, name in enumerate(names) if at not in matching])


def _links(graph: Graph, part: Sequence[int], there: Sequence[int]) -> dict[int, int]:
    """Inliers of each photograph of either group with the other group."""
    inside, outside = set(part), set(there)
    links: dict[int, int] = {}
    for edge in graph.edges:
        if (edge.a in inside and edge.b in outside) or (edge.b in inside and edge.a in outside):
            for index in (edge.a, edge.b):
                links[index] = links.get(index, 0) + edge.inliers
    return links


def _best(some: Sequence[int], links: dict[int, int], beside: set[int]) -> list[int]:
    """A few of the photographs: the best linked, those next by name to the other group, then others evenly."""
    order = sorted(some, key=lambda index: (-links.get(index, 0), index not in beside, index))
    step = max(1, len(order) // _PROBED)
    return [*order[: _PROBED // 2], *order[_PROBED // 2 :: step]][:_PROBED]


def _take_out(model: pycolmap.Reconstruction, names: Sequence[str]) -> None:
    for image in list(model.images.values()):
        if image.name in names and image.has_pose:
            model.deregister_frame(image.frame_id)


def _parts(graph: Graph, among: Sequence[int]) -> list[list[int]]:
    """Groups of at least three of the photographs that strong pairs join."""
    wanted = set(among)
    pairs = [(edge.a, edge.b) for edge in graph.strong if edge.a in wanted and edge.b in wanted]
    found = groups(len(graph.sizes), pairs)
    return [group for group in found if len(group) >= FEWEST_PHOTOS and wanted.issuperset(group)]


def _reach(graph: Graph, parts: Sequence[Sequence[int]]) -> list[int]:
    """The largest group, and what weaker pairs join with it, without the other groups."""
    elsewhere = {index for part in parts[1:] for index in part}
    pairs = [(edge.a, edge.b) for edge in graph.edges if not {edge.a, edge.b} & elsewhere]
    return next(group for group in groups(len(graph.sizes), pairs) if parts[0][0] in group)


def _without(parts: Sequence[Sequence[int]], mirrored: Sequence[int]) -> list[list[int]]:
    kept = [[index for index in part if index not in mirrored] for part in parts]
    return [part for part in kept if len(part) >= FEWEST_PHOTOS]


def _weak(model: pycolmap.Reconstruction, matched: Matched) -> list[int]:
    """Placed photographs with few observations."""
    index = {name: place for place, name in enumerate(matched.numbered)}
    counts = {index[image.name]: image.num_points3D for image in model.images.values() if image.has_pose}
    usual = sorted(counts.values())[len(counts) // 2]
    return [place for place, count in sorted(counts.items()) if count < _WEAK * usual]


def _mirrored(matched: Matched, suspects: Sequence[int], good: Sequence[int]) -> list[int]:
    confirmed = matched.graph.confirmed()
    witnesses = sorted(set(good) - set(suspects), key=lambda index: -confirmed[index])[:_WITNESSES]
    return find_mirrored(matched.database, matched.numbered, list(suspects)[:_SUSPECTS], witnesses)

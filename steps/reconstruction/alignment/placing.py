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


def place_photos(
    sources: Sources, max_features: int, scratch: Path, seed: int, report: Report, *, largest: bool
) -> Placed:
    """The model; raises the reason where there is none, and names the groups where there are several scenes."""
    names, count = sources.names, len(sources.names)
    first = scratch / "first"
    first.mkdir()
    matched = match_photos(sources, Effort(max_features), first, seed, lambda done, text: report(0.6 * done, text))
    moved = verdict.motions(matched.graph)
    thorough = count <= _THOROUGH_UP_TO
    parts = _parts(matched.graph, range(count))
    if len(parts) > 1:  # tell two scenes apart before anything is computed from them
        mirrored = _mirrored(matched, [index for part in parts[1:] for index in part], parts[0])
        parts = _without(parts, mirrored)
        if len(parts) > 1 and not (
            thorough and not largest and _reachable(sources, matched, parts[1:], parts[0], scratch, seed)
        ):
            _refuse(parts, names, largest=largest)
            thorough = False  # nothing connects them, and so it was wanted
    attempt = _attempt(sources, matched, moved, scratch, seed, report, must=not thorough)
    if thorough and _worth_more(sources, matched, attempt, scratch, seed):
        again = scratch / "again"
        again.mkdir()
        effort = Effort(max(max_features, _THOROUGH_FEATURES), thorough=True)
        harder = match_photos(sources, effort, again, seed, lambda done, text: report(0.6, text))
        second = _attempt(sources, harder, verdict.motions(harder.graph), again, seed, report, must=attempt is None)
        if second is not None and (attempt is None or _size(second) > _size(attempt)):
            attempt = replace(second, thorough=True)
    if attempt is None:
        matching = {index for edge in matched.graph.edges for index in (edge.a, edge.b)}
        verdict.refuse_without_depth(matched.graph, moved, names)
        verdict.refuse_too_few(names, len(matching), [names[i] for i in range(count) if i not in matching])
    assert attempt is not None
    _refuse([[i for i in range(count) if i not in attempt.left], *attempt.parts], names, largest=largest)
    return attempt


def _attempt(
    sources: Sources, matched: Matched, moved: list[Motion], scratch: Path, seed: int, report: Report, *, must: bool
) -> Placed | None:
    """The best model of these matches; None where there is none and another attempt may find one."""
    graph, names = matched.graph, sources.names
    parts = _parts(graph, range(len(names)))
    if must or parts:
        verdict.refuse_without_depth(graph, moved, names)
    if not parts:
        return None
    done = 0

    def advanced() -> None:
        nonlocal done
        done = min(done + 1, len(names))
        report(0.6 + 0.4 * done / len(names), f"{done} photographs placed")

    chosen = [matched.numbered[index] for index in _reach(graph, parts)]
    sure = [matched.numbered[index] for index in parts[0]]
    mapped = Mapper(matched.database, matched.photos, scratch / "models", chosen, sure, seed, advanced).best()
    if not mapped.models:
        return None
    model = mapped.models[0]
    found = Placed(matched, model, mapped.mapper, moved, [])
    mirrored = _mirrored(matched, [*found.left, *_weak(model, matched)], [i for i in parts[0] if i not in found.left])
    for name in [matched.numbered[index] for index in mirrored]:
        image = model.find_image_with_name(name)
        if image is not None and image.has_pose:
            model.deregister_frame(image.frame_id)
    if model.num_reg_images() < FEWEST_PHOTOS:
        return None
    others = _without(_parts(graph, found.left), mirrored)
    return replace(found, mirrored=mirrored, parts=others)


def _size(attempt: Placed) -> int:
    return int(attempt.model.num_reg_images())


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


def _refuse(parts: Sequence[Sequence[int]], names: Sequence[str], *, largest: bool) -> None:
    if not largest:
        verdict.refuse_two_scenes([[names[index] for index in part] for part in parts])


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


def _worth_more(sources: Sources, matched: Matched, attempt: Placed | None, scratch: Path, seed: int) -> bool:
    """Whether a thorough search would connect what was left out."""
    if attempt is None:  # nothing holds together: look at some neighbors by name
        middle = len(sources.names) // 2
        some = [*range(min(3, middle)), *range(middle, min(middle + 3, len(sources.names)))]
        return probe(sources, [sources.names[index] for index in some], [], _new(scratch), seed, _THOROUGH_FEATURES)
    left = [index for index in attempt.left if index not in attempt.mirrored]
    there = [index for index in range(len(sources.names)) if index not in attempt.left]
    return bool(left) and _reachable(sources, matched, [left], there, scratch, seed)


def _reachable(
    sources: Sources, matched: Matched, parts: Sequence[Sequence[int]], there: Sequence[int], scratch: Path, seed: int
) -> bool:
    """Whether thorough features connect some of the groups with photographs of another: tried on a few of each."""
    names, graph = sources.names, matched.graph
    for part in parts:
        links: dict[int, int] = {}
        for edge in graph.edges:
            for inside, outside in ((edge.a, edge.b), (edge.b, edge.a)):
                if inside in part and outside in there:
                    for index in (inside, outside):
                        links[index] = links.get(index, 0) + edge.inliers
        beside = {near for index in part for near in (index - 1, index + 1)}

        def best(some: Sequence[int], links: dict[int, int] = links, beside: set[int] = beside) -> list[str]:
            order = sorted(some, key=lambda index: (-links.get(index, 0), index not in beside, index))
            step = max(1, len(order) // _PROBED)
            chosen = order[: _PROBED // 2] + order[_PROBED // 2 :: step]
            return [names[index] for index in chosen[:_PROBED]]

        if probe(sources, best(part), best(there), _new(scratch), seed, _THOROUGH_FEATURES):
            return True
    return False


def _new(scratch: Path) -> Path:
    folder = scratch / f"probe-{len(list(scratch.glob('probe-*')))}"
    folder.mkdir()
    return folder

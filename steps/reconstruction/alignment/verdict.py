"""What is wrong with a set of photographs as a whole, told from its matches before anything is computed from them."""

from __future__ import annotations

from collections.abc import Sequence

from kai_pipelines import Fatal
from steps.reconstruction.alignment.graph import Graph, groups
from steps.reconstruction.alignment.turning import Motion, motion
from steps.reconstruction.photographs import FEWEST_PHOTOS

OVERLAP = "Take photographs that overlap their neighbors by two thirds, walking around the subject in small steps."
WALK = "Walk around the subject; do not stand in one place and turn."
_TURNTABLE = "If the subject turned in front of a fixed background, give masks: -a masks=FOLDER."
_LARGEST = "To go on with the largest group alone: -p largest=true."
_LOOKED_AT = 200
"""Pairs of which the motion is looked at, the strongest and others evenly."""
_FEW = 0.1
_SHALLOW = 2.0
"""Degrees between the directions from which points are seen, below which depths are guesses."""


def motions(graph: Graph) -> list[Motion]:
    """How the camera moved in the strong pairs; in a large set, in some of them."""
    strong = sorted(graph.strong, key=lambda edge: -edge.inliers)
    step = max(1, -(-len(strong) // _LOOKED_AT))
    return [motion(graph, edge) for edge in strong[::step]]


def copies(moved: Sequence[Motion], count: int) -> list[list[int]]:
    """Groups of two or more photographs that are the same picture, saved or scaled anew."""
    same = [(each.edge.a, each.edge.b) for each in moved if each.copied]
    return [group for group in groups(count, same) if len(group) > 1]


def refuse_without_depth(graph: Graph, moved: Sequence[Motion], names: Sequence[str]) -> None:
    """End with the reason where no depth can come of the photographs: unrelated, copies, or without parallax."""
    if not graph.strong:
        raise Fatal(
            f"No two of the {len(names)} photographs show the same thing.",
            code="unrelated-photos", files=names, hint=OVERLAP,
        )  # fmt: skip
    repeated = copies(moved, len(names))
    distinct = len(names) - sum(len(group) - 1 for group in repeated)
    if repeated and distinct < FEWEST_PHOTOS:
        raise Fatal(
            f"The {len(names)} photographs are copies: they show {distinct} different {_views(distinct)} of the subject.",
            code="copies", files=[names[index] for group in repeated for index in group], hint=f"{WALK} {_TURNTABLE}",
        )  # fmt: skip
    deep = [each for each in moved if each.has_depth]
    seen = {index for each in deep for index in (each.edge.a, each.edge.b)}
    if not deep or (len(deep) < _FEW * len(moved) and len(seen) < FEWEST_PHOTOS):
        raise Fatal(
            "The camera turned or zoomed on the spot, or one picture was cut and stretched: without a step to the side "
            "there is no depth in the photographs.",
            code="no-parallax", files=names, hint=f"{WALK} {_TURNTABLE}",
        )  # fmt: skip
    if (spots := _spots(moved, len(names))) < FEWEST_PHOTOS:
        raise Fatal(
            f"The photographs show no more than {spots} pictures taken from different places; the others are the same "
            "edited, or turned on the spot.",
            code="no-parallax", files=names, hint=WALK,
        )  # fmt: skip


def _spots(moved: Sequence[Motion], count: int) -> int:
    """Places from which the photographs of strong pairs were taken; a walk in steps too small for depth is no place."""
    met = {index for each in moved for index in (each.edge.a, each.edge.b)}
    still = groups(count, [(each.edge.a, each.edge.b) for each in moved if not each.has_depth])
    place = {index: number for number, group in enumerate(still) for index in group}
    walked = {place[each.edge.a] for each in moved if each.has_depth and place[each.edge.a] == place[each.edge.b]}
    return sum(len(group) if number in walked else 1 for number, group in enumerate(still) if met.intersection(group))


def _views(count: int) -> str:
    return "view" if count == 1 else "views"


def refuse_two_scenes(parts: Sequence[Sequence[str]]) -> None:
    """End naming the groups of photographs that nothing connects."""
    if len(parts) < 2:
        return
    told = "; ".join(f"{len(part)}: {few(part)}" for part in parts)
    raise Fatal(
        f"The photographs show {len(parts)} things that nothing connects, or one with a gap between. {told}.",
        code="two-scenes",
        files=[name for part in parts for name in part],
        hint=f"Give each group its own folder, or take photographs between them. {_LARGEST}",
    )


def few(names: Sequence[str], shown: int = 6) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def refuse_too_few(names: Sequence[str], matched: int, left: Sequence[str]) -> None:
    """End where there is no model of enough photographs."""
    raise Fatal(
        f"Fewer than {FEWEST_PHOTOS} of {len(names)} photographs could be placed; {matched} match another one.",
        code="too-few-registered", files=left or names, hint=OVERLAP,
    )  # fmt: skip


def refuse_contradicted(doubted: Sequence[str], against: int, pairs: int) -> None:
    """End where most pairs contradict the best model that there is."""
    raise Fatal(
        f"No arrangement of cameras explains the photographs: {against} of {pairs} pairs that look alike contradict the best.",
        code="look-alikes", files=doubted,
        hint="Pages of text, drawings, patterns, things that moved and different things that look alike have no common shape; "
        f"photograph one subject. {OVERLAP}",
    )  # fmt: skip


def refuse_shallow(names: Sequence[str], degrees: float) -> None:
    """End where the model's points were all seen under next to the same angle."""
    if degrees < _SHALLOW:
        raise Fatal(
            f"The photographs were taken so close together that depths are guesses: a point is seen from directions "
            f"that differ by {degrees:.1f} degrees.",
            code="no-parallax", files=names, hint=WALK,
        )  # fmt: skip

"""From verified matches to cameras and points: COLMAP's incremental or global mapper, made repeatable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.photographs import FEWEST_PHOTOS

_POINTS_PER_PHOTO = 10
"""Fewer do not hold a camera: a camera that only turned gives a model of cameras without points."""
_GLOBAL_FROM = 150
"""Photographs from which the global mapper is tried first; the incremental one's cost grows faster."""
_FAR_OFF = 1.0
"""Mean reprojection error, pixels, above which a model is doubted."""


@dataclass(frozen=True)
class Mapped:
    """Models and how they were found."""

    models: list[pycolmap.Reconstruction]
    """The best first."""
    mapper: str
    """incremental or global."""


class Mapper:
    """Maps the photographs `names` of one database, as often as is asked; those in `sure` should all be placed."""

    def __init__(
        self,
        database: Path,
        photos: Path,
        scratch: Path,
        names: Sequence[str],
        sure: Sequence[str],
        seed: int,
        report: Callable[[float, str], None],
    ) -> None:
        """`report` hears which share of the photographs is placed, in [0, 1], and what is being done."""
        self._database, self._photos, self._scratch = database, photos, scratch
        self._names, self._sure, self._seed = list(names), frozenset(sure), seed
        self._report = report
        self._runs = 0

    def best(self) -> Mapped:
        """The models of the mapper that suits the set; of both, the better, where the first leaves doubts.

        A last pass that believes in fewer matches places what is still left, if it can.
        """
        tried: list[Callable[[], Mapped]] = [self.incremental, self.global_]
        if len(self._names) >= _GLOBAL_FROM:
            tried.reverse()
        found = tried[0]()
        if self.doubtful(found):
            found = max(found, tried[1](), key=_merit)  # the first where they are equal
        if found.models and len(placed(found.models[0])) < len(self._names):
            again = self.incremental(relaxed=True, start=found.models[0])
            if _merit(again)[0] > _merit(found)[0] and not self._far_off(again):
                found = Mapped([again.models[0], *found.models[1:]], found.mapper)
        return found

    def doubtful(self, mapped: Mapped) -> bool:
        """Some photographs are missing, or the points do not fit."""
        if not mapped.models:
            return True
        return bool(self._sure - placed(mapped.models[0])) or self._far_off(mapped)

    def _far_off(self, mapped: Mapped) -> bool:
        return bool(mapped.models[0].compute_mean_reprojection_error() > _FAR_OFF)

    def incremental(self, *, relaxed: bool = False, start: pycolmap.Reconstruction | None = None) -> Mapped:
        """One photograph after the other; `relaxed` believes in fewer matches; `start` is continued."""
        options = pycolmap.IncrementalPipelineOptions()
        options.min_model_size = FEWEST_PHOTOS
        options.random_seed = self._seed
        options.num_threads = 1  # the order in which threads add up decides the last digits of every pose
        options.image_names = self._names
        options.extract_colors = True
        if relaxed:
            options.mapper.abs_pose_min_num_inliers = 15
            options.mapper.abs_pose_min_inlier_ratio = 0.15
            options.mapper.init_min_tri_angle = 8.0
            options.mapper.init_min_num_inliers = 50
        count, done = len(self._names), 0

        def advanced() -> None:
            nonlocal done
            done = min(done + 1, count)
            self._report(done / count, f"{done} photographs placed")

        folder = self._new_folder()
        given: Path | str = ""
        if start is not None:
            options.multiple_models = False
            (folder / "start").mkdir()
            start.write(folder / "start")
            given = folder / "start"
        models = pycolmap.incremental_mapping(
            self._database, self._photos, folder, options,
            initial_image_pair_callback=advanced, next_image_callback=advanced, input_path=given,
        )  # fmt: skip
        return Mapped(_usable(models.values()), "incremental")

    def global_(self) -> Mapped:
        """All photographs at once (Pan et al., "Global Structure-from-Motion Revisited", ECCV 2024)."""
        self._report(0.0, f"placing {len(self._names)} photographs at once, which tells nothing until it ends")
        options = pycolmap.GlobalPipelineOptions()
        options.min_model_size = FEWEST_PHOTOS
        options.random_seed = self._seed
        options.num_threads = 1
        options.image_names = self._names
        options.mapper.global_positioning.use_gpu = False
        options.mapper.bundle_adjustment.ceres.use_gpu = False
        models = pycolmap.global_mapping(self._database, self._photos, self._new_folder(), options)
        return Mapped(_usable(models.values()), "global")

    def _new_folder(self) -> Path:
        self._runs += 1
        folder = self._scratch / f"models-{self._runs}"
        folder.mkdir(parents=True)
        return folder


def _merit(mapped: Mapped) -> tuple[int, float]:
    """More photographs are better, then points that fit better, to the tenth of a pixel."""
    if not mapped.models:
        return 0, 0.0
    model = mapped.models[0]
    return int(model.num_reg_images()), -round(float(model.compute_mean_reprojection_error()), 1)


def _usable(models: Iterable[pycolmap.Reconstruction]) -> list[pycolmap.Reconstruction]:
    """Models with enough photographs and points, the one with the most photographs first."""
    kept = [
        model
        for model in models
        if model.num_reg_images() >= FEWEST_PHOTOS
        and model.num_points3D() >= _POINTS_PER_PHOTO * model.num_reg_images()
    ]
    return sorted(kept, key=lambda model: (-model.num_reg_images(), -model.num_points3D()))


def placed(model: pycolmap.Reconstruction) -> frozenset[str]:
    """Names of the photographs that have a pose."""
    return frozenset(image.name for image in model.images.values() if image.has_pose)


def rename_photos(model: pycolmap.Reconstruction, names: dict[str, str]) -> None:
    """Give the model's images their own names."""
    for image in model.images.values():
        image.name = names[image.name]

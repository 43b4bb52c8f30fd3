"""A last adjustment of all cameras and points together, less trusting than the mapper's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np

from steps.reconstruction.colmap import pycolmap

_LOSS_SCALE = 0.25
"""Reprojection error, pixels, from which an observation loses weight: about the spread of good ones."""
_PHOTOS_FOR_CENTER = 10
"""Photographs with which the principal point is worth looking for."""
_CENTER_SPREAD = 0.01
"""Largest standard deviation at which a found principal point is believed, as a share of the longer side."""
_SURE = 3.0
"""Standard deviations from zero at which a second coefficient of distortion is believed."""
_PHOTOS_FOR_LENS = 8
_LARGE = 1_000_000
"""Observations beyond which the mapper's lens is kept: the covariance would take minutes."""

Spread = Callable[[pycolmap.Camera], Sequence[int]]


def refine(model: pycolmap.Reconstruction) -> pycolmap.Reconstruction:
    """The model after one robust bundle adjustment.

    The mapper's least squares lets the worst matches that it keeps pull every camera; a Cauchy loss halves
    the cameras' errors (benchmarks/alignment.py). The principal point is found too, where the photographs
    may have been cropped (no EXIF says how they were taken) and determine it, and a second coefficient of the
    lens where they determine that.
    """
    center = False
    if _cropped(model):
        moved = copy.deepcopy(model)
        spreads = _spreads(moved, _center, refine_center=True)
        longer = {number: max(camera.width, camera.height) for number, camera in moved.cameras.items()}
        center = all(spread.max() / longer[number] < _CENTER_SPREAD for number, spread in spreads.items())
        if center:
            model = moved
    if not center:
        _adjust(model, refine_center=False)
    return _curved(model, refine_center=center)


def _cropped(model: pycolmap.Reconstruction) -> bool:
    known = any(camera.has_prior_focal_length for camera in model.cameras.values())
    return not known and model.num_reg_images() >= _PHOTOS_FOR_CENTER * model.num_cameras()


def _curved(model: pycolmap.Reconstruction, *, refine_center: bool) -> pycolmap.Reconstruction:
    """The model with lenses of two coefficients, where every camera determines the second one; else as it was."""
    enough = model.num_reg_images() >= _PHOTOS_FOR_LENS * model.num_cameras()
    if not enough or model.compute_num_observations() > _LARGE:
        return model
    if any(camera.model != pycolmap.CameraModelId.SIMPLE_RADIAL for camera in model.cameras.values()):
        return model
    curved = copy.deepcopy(model)
    for camera in curved.cameras.values():
        params = [*camera.params, 0.0]
        camera.model = pycolmap.CameraModelId.RADIAL
        camera.params = params
    spreads = _spreads(curved, lambda camera: camera.extra_params_idxs()[1:], refine_center=refine_center)
    second = {number: abs(camera.params[-1]) for number, camera in curved.cameras.items()}
    sure = all(second[number] > _SURE * spread.max() for number, spread in spreads.items())
    return curved if sure else model


def _adjust(model: pycolmap.Reconstruction, *, refine_center: bool) -> pycolmap.CeresBundleAdjuster:
    options = pycolmap.BundleAdjustmentOptions()
    options.print_summary = False
    options.refine_principal_point = refine_center
    options.ceres.loss_function_type = pycolmap.LossFunctionType.CAUCHY
    options.ceres.loss_function_scale = _LOSS_SCALE
    options.ceres.solver_options.num_threads = 1  # see map_photos
    config = pycolmap.BundleAdjustmentConfig()
    for image_id in model.reg_image_ids():
        config.add_image(image_id)
    config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    adjuster = pycolmap.create_default_ceres_bundle_adjuster(options, config, model)
    adjuster.solve()
    model.update_point_3d_errors()
    return adjuster


def _center(camera: pycolmap.Camera) -> Sequence[int]:
    return list(camera.principal_point_idxs())


def _spreads(
    model: pycolmap.Reconstruction, chosen: Spread, *, refine_center: bool
) -> dict[int, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Adjust the model; the standard deviations of the chosen parameters of every camera, infinite where unknown."""
    adjuster = _adjust(model, refine_center=refine_center)
    covariance = pycolmap.estimate_ba_covariance(pycolmap.BACovarianceOptions(), model, adjuster)
    found = {}
    for number, camera in model.cameras.items():
        of_camera = None if covariance is None else covariance.get_other_params_cov(camera.params)
        variances = np.full(len(camera.params), np.inf)
        if of_camera is not None:  # without the parameters that were held fixed
            fixed = [] if refine_center else _center(camera)
            variances[[index for index in range(len(camera.params)) if index not in fixed]] = np.diag(of_camera)
        found[number] = np.sqrt(np.maximum(variances[list(chosen(camera))], 0.0))
    return found

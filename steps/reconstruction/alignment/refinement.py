"""A last adjustment of all cameras and points together, less trusting than the mapper's."""

from __future__ import annotations

import copy

import numpy as np

from steps.reconstruction.colmap import pycolmap

_LOSS_SCALE = 0.25
"""Reprojection error, pixels, from which an observation loses weight: about the spread of good ones."""
_PHOTOS_FOR_CENTER = 10
"""Photographs with which the principal point is worth looking for."""
_CENTER_SPREAD = 0.01
"""Largest standard deviation at which a found principal point is believed, as a share of the longer side."""


def refine(model: pycolmap.Reconstruction) -> pycolmap.Reconstruction:
    """The model after one robust bundle adjustment.

    The mapper's least squares lets the worst matches that it keeps pull every camera; a Cauchy loss halves
    the cameras' errors (benchmarks/alignment.py). The principal point is found too, where the photographs
    may have been cropped (no EXIF says how they were taken) and determine it.
    """
    if _cropped(model):
        moved = copy.deepcopy(model)
        if _center_spread(moved) < _CENTER_SPREAD:
            return moved
    _adjust(model, refine_center=False)
    return model


def _cropped(model: pycolmap.Reconstruction) -> bool:
    known = any(camera.has_prior_focal_length for camera in model.cameras.values())
    return not known and model.num_reg_images() >= _PHOTOS_FOR_CENTER * model.num_cameras()


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


def _center_spread(model: pycolmap.Reconstruction) -> float:
    """Adjust the model with its principal points; their largest standard deviation as a share of the longer side."""
    adjuster = _adjust(model, refine_center=True)
    covariance = pycolmap.estimate_ba_covariance(pycolmap.BACovarianceOptions(), model, adjuster)
    if covariance is None:
        return float("inf")
    spreads: list[float] = []
    for camera in model.cameras.values():
        of_camera = covariance.get_other_params_cov(camera.params)
        if of_camera is None:
            return float("inf")
        center = np.diag(of_camera)[list(camera.principal_point_idxs())]
        spreads.append(float(np.sqrt(center.max())) / max(camera.width, camera.height))
    return max(spreads)

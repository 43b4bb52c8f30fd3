"""Where the ends of a known distance are in the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import Fatal
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.known_distance import End, KnownDistance, spot
from steps.reconstruction.scene import PIXEL_CENTER, camera_of

Array = NDArray[np.float64]

_NEIGHBORS = 12
"""Sparse points around a pixel that tell how far away the surface is."""
_NEAR = 0.08
"""How far from the pixel the nearest of them may be, as a share of the photograph's longer side."""
_HINT = 'An end is "IMG_1.jpg" for its camera, "IMG_1.jpg@812,340" for a pixel of it, or a list of such pixels.'


@dataclass(frozen=True, slots=True)
class _Ray:
    origin: Array  # [3]
    direction: Array  # [3], unit


class Spotter:
    """Measures in one model, whose images have the photographs' names."""

    def __init__(self, model: pycolmap.Reconstruction) -> None:
        self._model = model
        self._images = {model.image(number).name: model.image(number) for number in model.reg_image_ids()}

    def measure(self, distance: KnownDistance) -> tuple[float, float]:
        """The length in units of the model, and its relative error for ends that are one pixel off."""
        (start, start_off), (end, end_off) = (self._place(each) for each in distance.between)
        length = float(np.linalg.norm(start - end))
        if length <= 3 * float(np.hypot(start_off, end_off)) or length < 1e-12:
            raise _wrong(f"The ends of {distance.meters:g} m are at the same place.", self.photos_of(distance))
        return length, float(np.hypot(start_off, end_off)) / length

    def photos_of(self, distance: KnownDistance) -> list[str]:
        """The photographs that a distance names."""
        texts = [text for end in distance.between for text in ([end] if isinstance(end, str) else end)]
        return sorted({self._split(text)[0] for text in texts})

    def _place(self, end: End) -> tuple[Array, float]:
        """A point [3] and how much one pixel moves it."""
        texts = [end] if isinstance(end, str) else end
        parts = [self._split(text) for text in texts]
        images = [self._image(name) for name, _ in parts]
        if parts[0][1] is None:
            return np.asarray(images[0].projection_center(), np.float64), 0.0
        pixels = [np.asarray(pixel, np.float64) for _, pixel in parts if pixel is not None]
        for image, pixel in zip(images, pixels, strict=True):
            _inside(image, pixel)
        rays = [_ray(image, pixel) for image, pixel in zip(images, pixels, strict=True)]
        point = self._on_surface(images[0], pixels[0], rays[0]) if len(rays) == 1 else _crossing(rays)
        away = [np.linalg.norm(point - ray.origin) for ray in rays]
        focal = [camera_of(image).mean_focal_length() for image in images]
        return point, float(np.mean(np.array(away) / np.array(focal)) / np.sqrt(len(rays)))

    def _split(self, text: str) -> tuple[str, tuple[float, float] | None]:
        if text in self._images:
            return text, None
        found = spot(text)
        return (found[0], found[1:]) if found else (text, None)

    def _image(self, name: str) -> pycolmap.Image:
        if name in self._images:
            return self._images[name]
        ends = [known for known in self._images if known.rpartition("/")[2] == name]
        if len(ends) == 1:
            return self._images[ends[0]]
        reason = "is not one of the placed photographs" if not ends else "is the name of several photographs"
        raise _wrong(f"{name} {reason}.", [name])

    def _on_surface(self, image: pycolmap.Image, pixel: Array, ray: _Ray) -> Array:
        """Where the ray meets the plane through the sparse points seen around the pixel."""
        seen = [(point.xy, self._model.point3D(point.point3D_id).xyz) for point in image.get_observation_points2D()]
        camera = camera_of(image)
        longer = max(camera.width, camera.height)
        apart = np.linalg.norm(np.array([xy for xy, _ in seen]).reshape(-1, 2) - PIXEL_CENTER - pixel, axis=1)
        nearest = np.argsort(apart, kind="stable")[:_NEIGHBORS]
        if len(nearest) < 3 or apart[nearest[2]] > _NEAR * longer:
            raise _wrong(
                f"There is no surface known around pixel {pixel[0]:g},{pixel[1]:g} of {image.name}; "
                "take one with more texture, or give the same point in several photographs.",
                [image.name],
            )
        near = nearest[apart[nearest] <= max(_NEAR * longer / 2, apart[nearest[2]])]
        pose = image.cam_from_world()
        inverse = np.array([1 / (pose * seen[index][1])[2] for index in near])
        offsets = np.array([seen[index][0] for index in near]) - PIXEL_CENTER - pixel
        forward = (pose.rotation * ray.direction)[2]
        return np.asarray(ray.origin + ray.direction / (_at_pixel(inverse, offsets, longer) * forward), np.float64)


def _at_pixel(inverse: Array, offsets: Array, longer: int) -> float:
    """Inverse depth at the pixel: a plane, linear in the picture, through those of points at `offsets` [n, 2]."""
    median = float(np.median(inverse))
    keep = np.abs(inverse - median) <= 3 * 1.4826 * np.median(np.abs(inverse - median)) + 1e-12
    inverse, offsets = inverse[keep], offsets[keep]
    weights = 1 / (np.linalg.norm(offsets, axis=1) / longer + 0.002)
    if len(inverse) < 6:
        return float(np.average(inverse, weights=weights))
    matrix = np.column_stack([np.ones(len(inverse)), offsets / longer])
    solved = np.linalg.lstsq(matrix * weights[:, None], inverse * weights, rcond=None)[0]
    return float(np.clip(solved[0], inverse.min(), inverse.max()))


def _ray(image: pycolmap.Image, pixel: Array) -> _Ray:
    straight = camera_of(image).cam_from_img(pixel + PIXEL_CENTER)
    if straight is None:
        raise _wrong(f"Pixel {pixel[0]:g},{pixel[1]:g} of {image.name} is bent too far by the lens.", [image.name])
    toward = np.append(straight, 1.0) @ image.cam_from_world().rotation.matrix()
    return _Ray(np.asarray(image.projection_center(), np.float64), toward / np.linalg.norm(toward))


def _crossing(rays: list[_Ray]) -> Array:
    """The point nearest to all rays."""
    blind = [np.eye(3) - np.outer(ray.direction, ray.direction) for ray in rays]
    right = np.sum([part @ ray.origin for part, ray in zip(blind, rays, strict=True)], axis=0)
    return np.asarray(np.linalg.lstsq(np.sum(blind, axis=0), right, rcond=None)[0], np.float64)


def _inside(image: pycolmap.Image, pixel: Array) -> None:
    camera = camera_of(image)
    width, height = camera.width, camera.height
    if not (-0.5 <= pixel[0] <= width - 0.5 and -0.5 <= pixel[1] <= height - 0.5):
        raise _wrong(f"{image.name} has {width} x {height} pixels, none at {pixel[0]:g},{pixel[1]:g}.", [image.name])


def _wrong(message: str, files: list[str]) -> Fatal:
    return Fatal(f"A known distance cannot be measured: {message}", code="bad-known-distance", files=files, hint=_HINT)

"""Places on the earth as meters from their middle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.photographs.exif import Place

_EQUATOR = 6_378_137.0
_FLATTENING = 1 / 298.257223563
_SQUARED_ECCENTRICITY = _FLATTENING * (2 - _FLATTENING)
"""The ellipsoid of WGS 84, meters."""

Array = NDArray[np.float64]


def local_meters(places: Mapping[str, Place]) -> dict[str, list[float]]:
    """East, north and up of each place from the mean of all, meters.

    Where some say how high they are, the others are left out; where none does, all are at the same height.
    """
    high = {name: place for name, place in places.items() if place.altitude is not None}
    kept = high or dict(places)
    if not kept:
        return {}
    centered = np.array([_earth_centered(place) for place in kept.values()])
    centered -= centered.mean(axis=0)
    local = centered @ _axes(list(kept.values())).T
    if not high:
        local[:, 2] = 0.0
    return {name: [round(float(value), 4) for value in row] for name, row in zip(kept, local, strict=True)}


def _earth_centered(place: Place) -> Array:
    """From the earth's center: through Greenwich, eastward, through the pole."""
    latitude, longitude = np.radians([place.latitude, place.longitude])
    across = _EQUATOR / np.sqrt(1 - _SQUARED_ECCENTRICITY * np.sin(latitude) ** 2)
    height = place.altitude or 0.0
    out = (across + height) * np.cos(latitude)
    return np.array([
        out * np.cos(longitude), out * np.sin(longitude),
        (across * (1 - _SQUARED_ECCENTRICITY) + height) * np.sin(latitude),
    ])  # fmt: skip


def _axes(places: list[Place]) -> Array:
    """East, north and up at the middle of the places, as rows; the middle of directions, so that 180° is no border."""
    latitudes = np.radians([place.latitude for place in places])
    longitudes = np.radians([place.longitude for place in places])
    normals = np.stack(
        [np.cos(latitudes) * np.cos(longitudes), np.cos(latitudes) * np.sin(longitudes), np.sin(latitudes)], axis=1
    )
    up = normals.mean(axis=0)
    up /= np.linalg.norm(up)
    longitude = np.arctan2(up[1], up[0])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    return np.stack([east, np.cross(up, east), up])

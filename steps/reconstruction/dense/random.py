"""Random numbers that depend only on what they are for, not on who asked first.

A number is a hash of (seed, pixel, draw), so any number of threads in any order sees the same ones.
The hash is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), applied twice.
"""

from __future__ import annotations

import numpy as np

from steps.reconstruction.dense.jit import inner

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@inner
def mix(state: np.uint64) -> np.uint64:
    """Spread every bit of `state` over the whole word."""
    state = (state ^ (state >> _30)) * _FIRST
    state = (state ^ (state >> _27)) * _SECOND
    return state ^ (state >> _31)


@inner
def uniform(seed: int, pixel: int, draw: int) -> float:
    """A number in [0, 1), always the same for the same three numbers."""
    state = mix(np.uint64(seed) + _GOLDEN * np.uint64(pixel + 1))
    return np.float64(mix(state + _GOLDEN * np.uint64(draw + 1)) >> _11) * 2.0**-53


def stream(seed: int, view: int, stage: int) -> int:
    """The seed of one stage of one view."""
    return (seed * 1_000_003 + view * 16 + stage) & 0x7FFFFFFFFFFFFFFF

"""Find out what the dense stereo will run on, before anything that may be replaced by something lesser."""

from __future__ import annotations

from typing import Literal, NamedTuple

from kai_pipelines import Resources, progress, step
from steps.reconstruction.metrics import StepMetrics, measured
from steps.reconstruction.retrying import COMPUTING


class Device(NamedTuple):
    """What `find_device` returns."""

    device: Literal["cpu", "cuda"]
    metrics: StepMetrics


@step(resources=Resources(cpu=1, memory="1Gi"), timeout="10m", retry=COMPUTING, cache=False)
def find_device(requested: Literal["auto", "cuda", "cpu"] = "auto") -> Device:
    """A GPU where one is there and not declined; `cuda` without one ends the run.

    It runs each time: what is here today says nothing of tomorrow.
    """
    from steps.reconstruction.depth import choose_device, cuda_is_usable

    with measured("find_device") as m:
        device = choose_device(requested, cuda_is_usable())
        m.value(device=device, requested_device=requested)
        if requested == "auto" and device == "cpu":
            m.value(why_cpu="no GPU that pycolmap can use is here")
        progress(1, 1, f"the dense stereo runs on the {'GPU' if device == 'cuda' else 'CPU'}")
    return Device(device, m.metrics)

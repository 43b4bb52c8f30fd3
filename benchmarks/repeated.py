"""The steps after dense stereo on a finished run whose photographs are each taken several times, beside `scaling.py`.

    python benchmarks/repeated.py OUTPUT --store STORE [--times 5] [--quality medium]

OUTPUT is the folder of a finished `kai run reconstruction -o OUTPUT`, STORE the store (KAI_STORE) that it ran with.
Memory and time of these steps depend on how many photographs there are and how large, not on whether two show the same:
what took hours to match is used again under other names, and two hundred photographs cost what their own step costs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scaling import growth, show

from kai_pipelines import Quality
from steps.reconstruction.presets import PRESETS

Paths = Mapping[str, Path]


def kept(run: Path, store: Path) -> dict[str, Path]:
    """The files and folders that the steps of a finished run gave, by ``step.output``."""
    from kai_pipelines.cache.store import Store

    record = json.loads((run / "workflow.json").read_text(encoding="utf-8"))
    digests = json.loads((run / ".kai" / "state.json").read_text(encoding="utf-8"))["digests"]
    found = {}
    for node in record["status"]["nodes"].values():
        for one in (node.get("outputs") or {}).get("artifacts") or []:
            digest = digests.get((one.get("s3") or {}).get("key"))
            if node["type"] == "Pod" and digest is not None:
                found[f"{node['templateName']}.{one['name']}"] = Store(store).path(digest)
    return found


def again(name: str, number: int) -> str:
    """The name of a photograph that is taken again."""
    return name if not number else f"{Path(name).stem}-{number}{Path(name).suffix}"


def repeat_photographs(source: Path, target: Path, times: int) -> None:
    """Hard links under other names."""
    for path in (path for path in source.rglob("*") if path.is_file()):
        for number in range(times):
            place = target / path.relative_to(source).with_name(again(path.name, number))
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)


def repeat_model(source: Path, target: Path, times: int) -> None:
    """A sparse model in which each camera stands several times, and each point is seen by all of them."""
    import pycolmap

    model = pycolmap.Reconstruction(source)
    images = [  # plain values: the model moves its own when it grows
        (image.image_id, image.name, image.camera_id, image.cam_from_world(), [p.xy.copy() for p in image.points2D])
        for image in sorted(model.images.values(), key=lambda image: image.image_id)
    ]
    largest = max(number for number, *_ in images)
    tracks = {
        number: [(element.image_id, element.point2D_idx) for element in point.track.elements]
        for number, point in model.points3D.items()
    }
    for number in range(1, times):
        for own, name, camera, pose, spots in images:
            copy = pycolmap.Image(again(name, number), spots, camera_id=camera, image_id=number * largest + own)
            model.add_image_with_trivial_frame(copy, pose)
        for point, elements in tracks.items():
            for own, spot in elements:
                model.add_observation(point, pycolmap.TrackElement(number * largest + own, spot))
    target.mkdir(parents=True)
    model.write(target)


def repeat_maps(source: Path, target: Path, times: int) -> None:
    """Depth and normal maps: each as often as its photograph."""
    for path in (path for path in source.rglob("*") if path.is_file()):
        if path.suffix != ".bin":
            (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / path.relative_to(source))
            continue
        photograph, kind = path.name.split(".geometric")[0], path.name[path.name.index(".geometric") :]
        for number in range(times):
            place = target / path.relative_to(source).with_name(again(photograph, number) + kind)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)


def step(address: str, inputs: Mapping[str, object], outputs: Paths, needed: Mapping[str, Path]) -> dict[str, float]:
    """Run one step as a pod would; what the kernel says that it cost. Inputs that it does not have are left out."""
    from kai_pipelines.runtime import load_step

    known = load_step(address).signature
    given = {name: value for name, value in {**needed, **inputs}.items() if name in known.inputs}
    flags = [f"--{name}={value}" for name, value in given.items()]
    flags += [f"--output.{name}={path}" for name, path in outputs.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "kai_pipelines.runtime", address, *flags], stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{address} ended with {process.returncode}")
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "peak_memory_bytes": used.ru_maxrss * 1024}


def run_repeated(run: Path, store: Path, times: int, quality: Quality, scratch: Path) -> dict[str, dict[str, float]]:
    """What undistortion and each step after the dense stereo cost with `times` as many photographs."""
    made, row = kept(run, store), PRESETS[quality]
    shutil.rmtree(scratch, ignore_errors=True)
    repeat_photographs(made["assess-photos.photos"], scratch / "photos", times)
    masks = made.get("assess-photos.masks")
    (scratch / "masks").mkdir()
    if masks is not None:
        repeat_photographs(masks, scratch / "masks", times)
    repeat_model(made["align-photos.sparse"], scratch / "sparse", times)
    repeat_maps(made["estimate-depth.depth"], scratch / "depth", times)
    needed = {name: scratch / name for name in ("photos", "masks", "sparse", "depth", "scene")}
    out, prefix = scratch, "steps.reconstruction."
    costs = {
        "undistort_photos": step(f"{prefix}undistort:undistort_photos", {"max_image_size": row.image_size}, {"scene": out / "scene"}, needed),
        "fuse_depth": step(f"{prefix}fuse:fuse_depth", {}, {"points": out / "points.ply"}, needed),
    }  # fmt: skip
    needed |= {"points": out / "points.ply"}
    costs["mesh_surface"] = step(
        f"{prefix}surface:mesh_surface", {"poisson_depth": row.poisson_depth}, {"mesh": out / "mesh.ply"}, needed
    )
    costs["simplify_mesh"] = step(
        f"{prefix}simplify:simplify_mesh", {"max_faces": row.faces}, {"mesh": out / "small.ply"},
        {**needed, "mesh": out / "mesh.ply"},
    )  # fmt: skip
    costs["texture_mesh"] = step(
        f"{prefix}texture:texture_mesh", {"texture_size": row.texture_size}, {"model": out / "model"},
        {**needed, "mesh": out / "small.ply"},
    )  # fmt: skip
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.MEDIUM)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.store, prefix="repeated-") as scratch:  # hard links stay on one disk
        steps = run_repeated(options.output, options.store, options.times, options.quality, Path(scratch) / "inputs")
    photos = options.times * len(json.loads((options.output / "cameras.json").read_text(encoding="utf-8")))
    runs = [{"photos": photos, "repeated": options.times, "steps": steps}]
    show(runs, growth(runs))
    print(json.dumps(runs, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

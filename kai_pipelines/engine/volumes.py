"""Volumes as folders: a pod's own, those of a run, and those that stay.

    emptyDir, ephemeral                       a folder of the pod
    volumeClaimTemplates                      a folder of the run
    persistentVolumeClaim                     a folder of the store that stays, by the claim's name
    configMap, secret, downwardAPI, projected files made from what was given, to be read only
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kai_pipelines.engine.facts import Facts, data_of, missing, resource
from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.library import Library

Object = Mapping[str, Any]

OWN = ("emptyDir", "ephemeral")
FILES = ("configMap", "secret", "downwardAPI", "projected")
CLAIM = "persistentVolumeClaim"
_REFUSED = {
    "hostPath": "a folder of the cluster's machine is not this machine's",
    "image": "images are not unpacked here",
}


class Volumes:
    """Where the volumes of a workflow's pods are."""

    def __init__(self, workspace: Path, store: Path, library: Library, spec: Object) -> None:
        self._run = workspace / "claims"
        self._kept = store / "claims"
        self._library = library
        self._spec = spec

    def declared(self, template: Object) -> dict[str, Object]:
        """The volumes that a template can mount, by name."""
        claims: dict[str, Object] = {
            str((one.get("metadata") or {}).get("name")): {"claim-of-the-run": {}}
            for one in self._spec.get("volumeClaimTemplates") or []
        }
        listed = [*(self._spec.get("volumes") or []), *(template.get("volumes") or [])]
        return {**claims, **{str(one.get("name")): one for one in listed}}

    def folder(self, name: str, template: Object, pod: Path, facts: Facts) -> tuple[Path, bool]:
        """Where a volume is, and whether it can only be read; made when it is not there yet."""
        volume = self.declared(template).get(name)
        if volume is None:
            raise ManifestError(f"there is no volume {name} to mount")
        if "claim-of-the-run" in volume:
            return _made(self._run / _safe(name)), False
        if CLAIM in volume:
            claim = volume[CLAIM]
            return _made(self._kept / _safe(str(claim.get("claimName", "")))), bool(claim.get("readOnly"))
        place = pod / "volumes" / _safe(name)
        if any(kind in volume for kind in FILES):
            if not place.exists():
                _made(place)
                self._write(volume, place, facts)
            return place, True
        return _made(place), False

    def _write(self, volume: Object, place: Path, facts: Facts) -> None:
        for kind, source in volume.items():
            if kind == "projected":
                for one in source.get("sources") or []:
                    self._write(one, place, facts)
            elif kind == "configMap":
                self._entries("ConfigMap", str(source.get("name", "")), source, place)
            elif kind == "secret":
                self._entries("Secret", str(source.get("secretName") or source.get("name") or ""), source, place)
            elif kind == "downwardAPI":
                for one in source.get("items") or []:
                    _file(place, str(one.get("path")), _downward(one, facts).encode(), one.get("mode"))
            elif kind == "serviceAccountToken":
                _file(place, str(source.get("path", "token")), b"", None)

    def _entries(self, kind: str, name: str, source: Object, place: Path) -> None:
        entries = data_of(self._library, kind, name, optional=bool(source.get("optional")))
        if entries is None:
            return
        items = source.get("items") or [{"key": key, "path": key} for key in entries]
        for one in items:
            key = str(one.get("key"))
            if key not in entries:
                if source.get("optional"):
                    continue
                raise ManifestError(f"the {kind} {name} has no key {key}", hint=f"it has {', '.join(entries) or 'none'}")
            _file(place, str(one.get("path", key)), entries[key], one.get("mode", source.get("defaultMode")))


def admit_volumes(volumes: Sequence[Object], library: Library, place: str) -> None:
    """Refuse volumes that cannot be had here."""
    for volume in volumes:
        name = volume.get("name")
        kinds = [kind for kind in volume if kind != "name"]
        for kind in kinds:
            if kind in _REFUSED:
                raise ManifestError(f"{place}: the volume {name} cannot be had here: {kind}: {_REFUSED[kind]}")
            if kind not in (*OWN, *FILES, CLAIM):
                raise ManifestError(f"{place}: the volume {name} is kept in {kind}, which is not reached from here")
        for kind, wanted, optional in _objects(volume):
            if not optional and "{{" not in wanted and library.object(kind, wanted) is None:
                error = missing(kind, wanted)
                raise ManifestError(f"{place}: the volume {name}: {error.message}", hint=error.hint)


def _objects(volume: Object) -> list[tuple[str, str, bool]]:
    found = []
    for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
        if one := source.get("configMap"):
            found.append(("ConfigMap", str(one.get("name", "")), bool(one.get("optional"))))
        if one := source.get("secret"):
            found.append(("Secret", str(one.get("secretName") or one.get("name") or ""), bool(one.get("optional"))))
    return found


def _downward(one: Object, facts: Facts) -> str:
    if "fieldRef" in one:
        return facts.of(str(one["fieldRef"].get("fieldPath", "")))
    return resource({}, one.get("resourceFieldRef") or {})


def _file(folder: Path, name: str, content: bytes, mode: object) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ManifestError(f"the path {name} of a volume leads out of it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode if isinstance(mode, int) else 0o644)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name) or "_"

"""The key of a step's result: the same key means that running it again would give the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from kai_pipelines.manifest.document import canonical


def result_key(
    command: Mapping[str, Any], inputs: Mapping[str, str | None], source: str | None, versions: Mapping[str, str]
) -> str:
    """The digest of what is run, on which contents, by which code.

    `command` is the container with its values filled in and the manifest's own paths, so that neither the
    place of a run nor where a pod would be scheduled counts. `inputs` are digests by artifact name.
    """
    document = {"command": command, "inputs": inputs, "source": source, "versions": versions}
    return hashlib.sha256(canonical(document).encode(errors="surrogatepass")).hexdigest()

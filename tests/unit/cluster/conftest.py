"""A stand-in server for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.argo_server import ArgoServer


@pytest.fixture
def server() -> Iterator[ArgoServer]:
    with ArgoServer().serving() as started:
        yield started

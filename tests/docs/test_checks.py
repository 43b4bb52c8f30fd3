"""A page for every code of `kai check`, with a manifest that has the mistake and one that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from kai_pipelines.check.argo import lint
from kai_pipelines.check.codes import table
from kai_pipelines.check.diagnostic import FileSource, diagnose
from tests.docs.documents import ROOT, blocks, table_names

PAGES = ROOT / "docs" / "reference" / "checks"
BY_OTHER_MEANS = {"KAI001", "KAI704", "KAI705"}
"""A Python pipeline, a file that is too large, and one that is no text: these cannot be shown as a manifest."""


READS_ON = {"KAI152"}
"""Argo looks for the end of a tag in the JSON around it, too, and mostly finds one there."""


def examples(code: str) -> tuple[str, str]:
    """The wrong and the right manifest of a page."""
    wrong, right = (block.text for block in blocks(PAGES / f"{code}.md") if block.language == "yaml")
    return wrong, right


def test_every_code_has_a_page_and_stands_in_the_index() -> None:
    pages = {path.stem for path in PAGES.glob("KAI*.md")}
    index = (PAGES / "index.md").read_text(encoding="utf-8")

    assert pages == set(table())
    for code in table().values():
        assert f"| [{code.code}]({code.code}.md) | `{code.name}` | {code.severity} |" in index
        assert (PAGES / f"{code.code}.md").read_text(encoding="utf-8").startswith(f"# {code.code} {code.name}\n")
    assert table_names(PAGES / "index.md") == []  # the first column links


@pytest.mark.parametrize("code", sorted(set(table()) - BY_OTHER_MEANS - READS_ON))
def test_the_wrong_example_has_this_mistake_only_and_the_right_one_has_it_not(code: str) -> None:
    wrong, right = examples(code)
    if code.startswith("KAI1"):  # Argo's own verdict; rules of ours may say more
        found, rest = ({one.code for one in lint(FileSource.of("x", text).documents)} for text in (wrong, right))
        assert (found, rest) == ({code}, set())
        return

    found, rest = (
        {one.code for one in diagnose([FileSource.of("x", text)]) if one.severity == "error" or one.code == code}
        for text in (wrong, right)
    )

    assert (found, rest) == ({code}, set())


def test_the_page_of_large_files_shows_one_that_is_refused(tmp_path: Path) -> None:
    (bomb,) = (block.text for block in blocks(PAGES / "KAI704.md") if block.language == "text")

    assert [one.code for one in diagnose([FileSource.of("x", bomb * 1)])] in (["KAI704"], ["KAI103"])
    deeper = bomb.replace("f: [", "f: &f [") + "g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n"
    assert [one.code for one in diagnose([FileSource.of("x", deeper)])] == ["KAI704"]


def test_bytes_that_are_no_text_have_their_code() -> None:
    assert [one.code for one in diagnose([FileSource.of("x", b"PK\x03\x04\x00\x00")])] == ["KAI705"]

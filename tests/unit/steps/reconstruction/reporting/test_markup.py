from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as some

from steps.reconstruction.reporting.markup import Markup, element, json_script, number, section, text

PLAIN = some.text(some.characters(exclude_categories=("Cs", "Cc")))


class First(HTMLParser):
    attributes: dict[str, str | None]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes = dict(attrs)


def test_children_are_escaped_unless_they_are_markup() -> None:
    made = element("p", "a < b & ", element("b", "c"), class_="x y", data_part=3, hidden=True, title=None)

    assert made == '<p class="x y" data-part="3" hidden>a &lt; b &amp; <b>c</b></p>'


def test_void_elements_have_no_end_tag() -> None:
    assert element("img", src="#", alt="") == '<img src="#" alt="">'


@given(PLAIN)
def test_any_text_arrives_as_it_was_given(anything: str) -> None:
    parser = First()
    parser.feed(element("i", title=anything))

    assert parser.attributes["title"] == anything
    assert unescape(text(anything)) == anything
    assert "<" not in text(anything)


@given(PLAIN)
def test_data_for_the_script_cannot_end_its_element(anything: str) -> None:
    made = json_script("data", {"name": anything + "</script><!--"})

    inside = made.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside) == {"name": anything + "</script><!--"}


def test_numbers_are_short_and_never_exponents() -> None:
    assert [number(value) for value in (3, 2.0, 0.126, 12.5, -0.001, -0.5, 1e-9, 1234567.891)] == [
        "3", "2", "0.13", "12.5", "0", "-0.5", "0", "1234567.89",
    ]  # fmt: skip


def test_a_section_is_labeled_by_its_title() -> None:
    assert section("costs", "Time", None, Markup("<hr>")) == (
        '<section id="costs" aria-labelledby="costs-title"><h2 id="costs-title">Time</h2><hr></section>'
    )

"""The page: sections joined, with its style and script inside."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from steps.reconstruction.reporting.choice import choice
from steps.reconstruction.reporting.content import Content
from steps.reconstruction.reporting.costs import costs
from steps.reconstruction.reporting.hero import headline, hero
from steps.reconstruction.reporting.making import making
from steps.reconstruction.reporting.markup import Markup, element, json_script, text
from steps.reconstruction.reporting.match_graph import match_graph
from steps.reconstruction.reporting.notes import notes
from steps.reconstruction.reporting.overhead import overhead
from steps.reconstruction.reporting.photographs import photographs
from steps.reconstruction.reporting.views import comparisons, views

PARTS = (
    ("top", "Model"),
    ("notes", "Notes"),
    ("views", "Views"),
    ("photographs", "Photographs"),
    ("quality", "Quality"),
    ("matches", "Matches"),
    ("cameras", "Cameras"),
    ("costs", "Cost"),
    ("making", "Making"),
)
"""Identifier and short name of what the bar at the top leads to."""


def page(content: Content) -> str:
    """The whole document; needs nothing outside itself."""
    main = [
        notes(content.summary, content.assessment.issues),
        views(content.stills),
        comparisons(content.comparisons),
        photographs(content),
        choice(content.summary, content.assessment),
        match_graph(content.matches),
        overhead(content.scene),
        costs(content.summary),
        making(content),
    ]
    script = Markup()
    if content.viewer is not None:
        script = json_script("viewer-data", dict(content.viewer))
    return Template(_asset("page.html")).substitute(
        title=text(headline(content.summary)),
        style=_asset("page.css"),
        navigation=element(
            "nav", *[element("a", name, href=f"#{target}") for target, name in PARTS], aria_label="Parts of this page"
        ),
        hero=hero(content),
        main=text(main),
        data=script,
        script="\n".join((_asset("page.js"), _asset("viewer.js"))),
    )


def _asset(name: str) -> str:
    return files("steps.reconstruction.reporting").joinpath(name).read_text(encoding="utf-8")

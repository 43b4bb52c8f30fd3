"""The page: sections joined, with its style and script inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from string import Template

from steps.reconstruction.reporting.choice import choice
from steps.reconstruction.reporting.comparing import comparing
from steps.reconstruction.reporting.content import Content
from steps.reconstruction.reporting.costs import costs
from steps.reconstruction.reporting.hero import headline, hero
from steps.reconstruction.reporting.making import making
from steps.reconstruction.reporting.markup import Markup, element, json_script, text
from steps.reconstruction.reporting.match_graph import match_graph
from steps.reconstruction.reporting.notes import notes
from steps.reconstruction.reporting.photographs import photographs
from steps.reconstruction.reporting.placing import placing
from steps.reconstruction.reporting.views import views

PARTS = (
    ("top", "Model"),
    ("notes", "Notes"),
    ("compare", "Photograph and model"),
    ("views", "Views"),
    ("cameras", "Cameras"),
    ("matches", "Matches"),
    ("photographs", "Photographs"),
    ("quality", "Quality"),
    ("costs", "Cost"),
    ("making", "Making"),
)
"""Identifier and short name of what the bar at the top leads to."""
SCRIPTS = ("sliders.js", "unpacking.js", "poses.js", "painting.js", "hands.js", "viewer.js")
"""Each builds on those before it."""


def page(content: Content) -> str:
    """The whole document; needs nothing outside itself."""
    main = [
        notes(content.summary, content.assessment.issues, content.miniatures),
        comparing(content.summary, content.examined, content.comparisons),
        views(content.stills, content.unseen_sides),
        placing(content),
        match_graph(content.matches),
        photographs(content),
        choice(content.summary),
        costs(content.summary),
        making(content),
    ]
    data = json_script("viewer-data", dict(content.viewer)) if content.viewer is not None else Markup()
    script = _script()
    there = [
        (target, name)
        for target, name in PARTS
        if target == "top" or any(f'id="{target}"' in part for part in main if part)
    ]
    return Template(_asset("page.html")).substitute(
        title=text(headline(content.summary)),
        style=_asset("page.css"),
        navigation=element(
            "nav", *[element("a", name, href=f"#{target}") for target, name in there], aria_label="Parts of this page"
        ),
        hero=hero(content),
        main=text(main),
        data=data,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        script=script,
    )


def _script() -> str:
    """All scripts in one function, so that nothing of theirs is global."""
    return "\n".join(["", '(() => {\n"use strict";', *map(_asset, SCRIPTS), "})();\n"])


def _asset(name: str) -> str:
    return files("steps.reconstruction.reporting").joinpath("web", name).read_text(encoding="utf-8")

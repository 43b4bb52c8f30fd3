"""The photographs as thumbnails, with what was measured and found wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steps.reconstruction.documents import AssessedPhoto
from steps.reconstruction.metrics import StepWarning
from steps.reconstruction.reporting.content import Content, listed_photos
from steps.reconstruction.reporting.markup import Markup, element, section
from steps.reconstruction.reporting.masking import masked
from steps.reconstruction.reporting.wording import DASH, TIMES, counted

MANY = 24
"""More photographs get smaller cards."""


def photographs(content: Content) -> Markup:
    """One card per photograph, in the order of names."""
    photos = listed_photos(content)
    placed = {view.name for view in content.scene.views}
    features = {photo.name: photo.features for photo in content.matches.photos}
    most_features = max(features.values(), default=0)
    meanings = {issue.code: issue.message for issue in content.assessment.issues}
    cards = [
        element(
            "li",
            _picture(photo, content.thumbnails, _state(photo, placed)),
            element("p", element("bdi", photo.name), class_="name"),
            _issues(photo, meanings, content.assessment.issues),
            element(
                "dl",
                _meter("Sharpness", photo.sharpness, _percent(photo.sharpness), "of a photograph without blur"),
                _exposure(photo),
                _meter(
                    "Features",
                    _share(features.get(photo.name), most_features),
                    _text(features.get(photo.name)),
                    "of the most",
                ),
                class_="meters",
            ),
            element("p", _facts(photo), class_="facts"),
            _seek(photo.name, content),
            id=anchor(position),
            class_="photo" if photo.name in placed else "photo missing",
        )
        for position, photo in enumerate(photos)
    ]
    with_issues = sum(bool(photo.issues) for photo in photos)
    lead = (
        f"{counted(len(photos), 'photograph')}, {len(placed)} placed in space, "
        f"{with_issues or 'none'} with something to improve."
    )
    return section(
        "photographs",
        "Photographs",
        lead,
        masked(content.masked, content.masks),
        element("ul", *cards, class_="photos many" if len(photos) > MANY else "photos"),
    )


def anchor(position: int) -> str:
    """The identifier of a photograph's card; names may hold anything, so it is by position."""
    return f"photo-{position + 1}"


def _picture(photo: AssessedPhoto, thumbnails: Mapping[str, str], state: Markup) -> Markup:
    uri = thumbnails.get(photo.name)
    if uri is None:
        return element("div", element("span", "No picture"), state, class_="picture none")
    return element("div", element("img", src=uri, alt=f"Photograph {photo.name}"), state, class_="picture")


def _state(photo: AssessedPhoto, placed: set[str]) -> Markup:
    if photo.name in placed:
        return element("span", "placed", class_="chip good")
    return element("span", "not placed" if photo.used else "not used", class_="chip bad")


def _issues(photo: AssessedPhoto, meanings: Mapping[str, str], issues: Sequence[StepWarning]) -> Markup | None:
    codes = list(dict.fromkeys([*photo.issues, *(issue.code for issue in issues if photo.name in issue.files)]))
    if not codes:
        return None
    chips = [
        element("li", element("span", code.replace("-", " "), class_="chip warn", title=meanings.get(code)))
        for code in codes
    ]
    return element("ul", *chips, class_="chips", aria_label="Issues")


def _share(value: float | None, largest: float) -> float | None:
    return None if value is None or not largest else value / largest


def _percent(share: float | None) -> str:
    return DASH if share is None else f"{share * 100:.0f} %"


def _text(value: float | None) -> str:
    if value is None:
        return DASH
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _meter(name: str, share: float | None, value: str, of: str) -> Markup:
    bar = element("span", style=f"--share:{(share or 0) * 100:.0f}%", class_="bar") if share is not None else None
    title = f"{name} {value}" + (f", {share * 100:.0f} % {of}" if share is not None else "")
    return element("div", element("dt", name), element("dd", bar, element("span", value, class_="value"), title=title))


def _exposure(photo: AssessedPhoto) -> Markup:
    if photo.brightness is None:
        return _meter("Exposure", None, DASH, "")
    level = photo.brightness
    clipped = (
        "" if photo.clipped_fraction is None else f", {photo.clipped_fraction * 100:.1f} % of the pixels are clipped"
    )
    marker = element("span", style=f"--at:{level * 100:.0f}%", class_="scale")
    value = element("span", f"{level * 100:.0f} %", class_="value")
    return element(
        "div",
        element("dt", "Exposure"),
        element("dd", marker, value, title=f"Mean brightness {level * 100:.0f} %{clipped}"),
    )


def _facts(photo: AssessedPhoto) -> str:
    parts = []
    if photo.width and photo.height:
        parts.append(f"{photo.width} {TIMES} {photo.height}")
    if photo.focal_px_exif:
        parts.append(f"focal length {photo.focal_px_exif:,.0f} px (EXIF)")
    if photo.clipped_fraction is not None and photo.clipped_fraction >= 0.005:
        parts.append(f"{photo.clipped_fraction * 100:.1f} % clipped")
    return " · ".join(parts)


def _seek(name: str, content: Content) -> Markup | None:
    if content.viewer is None or all(view.name != name for view in content.scene.views):
        return None
    return element("button", "See the model from here", type="button", data_camera=name, class_="seek", hidden=True)

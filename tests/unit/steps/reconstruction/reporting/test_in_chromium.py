"""The page in a real browser: what is drawn, what moves, and that nothing is asked of a network or complained about.

``make test-browser`` runs these alone. They are skipped where there is no Chromium; KAI_CHROMIUM names one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import Quality
from steps.reconstruction.finalize import finalize_reconstruction
from tests.chromium import Chromium, Page, find

pytestmark = pytest.mark.skipif(find() is None, reason="no Chromium on PATH, and KAI_CHROMIUM names none")

HOSTILE = 'x"><img src=//example.org/x onerror=alert(1)>\n.jpg'
FADE = "(v => { const i = document.querySelector('.lens input'); i.value = v; i.dispatchEvent(new Event('input')); })"
STAGE = "document.getElementById('model')"
Picture = NDArray[np.float64]


@pytest.fixture(scope="module")
def report(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished page, one of whose photographs has a name that attacks it."""
    graph = json.loads(finished.match_graph.path.read_text())
    graph["photos"].append({"name": HOSTILE, "features": 3, "registered": False})
    graph["unregistered"][HOSTILE] = f"Nothing matches {HOSTILE}."
    path = tmp_path_factory.mktemp("graph") / "match_graph.json"
    path.write_text(json.dumps(graph))
    inputs = vars(finished) | {"match_graph": type(finished.match_graph)(path)}
    return finalize_reconstruction(**inputs, quality=Quality.LOW, requested="auto").report.path


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium(find() or "") as started:
        yield started


@pytest.fixture
def page(browser: Chromium, report: Path) -> Iterator[Page]:
    """The page with its interactive view at rest."""
    opened = browser.open(report)
    opened.until(f"{STAGE}.dataset.view === 'ready'")
    opened.frames(4)
    yield opened
    assert opened.complaints == []
    assert opened.requests == []
    opened.close()


def pixels(page: Page, selector: str = "#model") -> Picture:
    """What is seen of an element, [h, w, 3]."""
    page.frames(3)
    return np.asarray(Image.open(io.BytesIO(page.picture(selector))).convert("RGB"), np.float64)


def middle(picture: Picture) -> Picture:
    """The part of the stage that no control covers."""
    height, width = picture.shape[:2]
    return picture[height // 6 : -height // 6, width // 10 : -width // 10]


def share(picture: Picture, color: tuple[int, int, int], within: float = 45) -> float:
    """How much of the picture has about that color."""
    return float((np.abs(picture - color).max(axis=-1) < within).mean())


def changed(before: Picture, after: Picture) -> float:
    """The share of pixels that differ visibly."""
    return float((np.abs(middle(before) - middle(after)).max(axis=-1) > 12).mean())


def near(picture: Picture, color: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where it has about that color, [h, w]."""
    return np.asarray(np.abs(picture - color).max(axis=-1) < 45)


def covered(picture: Picture) -> NDArray[np.bool_]:
    """Where the model is, [h, w]."""
    return np.any([near(picture, color) for color in (BROWN, BLUE, GREEN)], axis=0)


def center_of_mass(picture: Picture) -> tuple[float, float]:
    """Column and row of the middle of what the model covers."""
    rows, columns = np.nonzero(covered(picture))
    return float(columns.mean()), float(rows.mean())


def press(page: Page, selector: str) -> Picture:
    page.click(selector)
    return pixels(page)


BROWN, BLUE, GREEN = (180, 90, 60), (40, 120, 200), (60, 170, 60)  # the fixture's cube is green on top


def test_the_model_is_drawn_with_its_texture_large_and_whole(page: Page) -> None:
    drawn = pixels(page)

    found = [share(middle(drawn), color) for color in (BROWN, BLUE)]
    assert min(found) > 0.05 and sum(found) > 0.2
    edges = [drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]]
    assert all(share(edge, color) == 0 for edge in edges for color in (BROWN, BLUE))


def test_dragging_turns_the_model_and_dragging_back_turns_it_back(page: Page) -> None:
    start = pixels(page)
    left, top, width, height = page.spot("#model canvas")
    way = [(left + width * x, top + height / 2) for x in (0.4, 0.45, 0.5, 0.6)]

    page.drag(way)
    turned = pixels(page)
    page.drag(way[::-1])
    back = pixels(page)

    assert changed(start, turned) > 0.05
    assert changed(start, back) < 0.01


def test_the_wheel_zooms_only_after_a_click_so_that_the_page_can_be_scrolled(page: Page) -> None:
    left, top, width, height = page.spot("#model canvas")
    center = (left + width / 2, top + height / 2)
    start = pixels(page)

    page.wheel(center, 120)
    page.frames(4)
    page.spot("#model canvas")
    assert changed(start, pixels(page)) < 0.01

    page.drag([center])
    page.wheel(center, -400)
    nearer = pixels(page)
    assert share(middle(nearer), BROWN) + share(middle(nearer), BLUE) > 1.1 * (
        share(middle(start), BROWN) + share(middle(start), BLUE)
    )


def test_keys_turn_move_zoom_and_lead_home(page: Page) -> None:
    page.ask("document.querySelector('#model canvas').focus()")
    page.key("Home")
    home = pixels(page)
    for keys, shift in ((["ArrowLeft"], False), (["ArrowUp"], False), (["ArrowRight"], True), (["+", "+"], False)):
        for key in keys:
            page.key(key, shift=shift)
        assert changed(home, pixels(page)) > 0.02, keys
        page.key("Home")
        assert changed(home, pixels(page)) < 0.01, keys


def test_the_right_button_moves_the_model(page: Page) -> None:
    left, top, width, height = page.spot("#model canvas")
    start = pixels(page)

    page.drag([(left + width / 2, top + height / 2), (left + width * 0.6, top + height / 2)], "right")
    moved = pixels(page)

    (before, row), (after, same) = (center_of_mass(picture) for picture in (start, moved))
    assert after - before == pytest.approx(0.1 * width, rel=0.25)
    assert same == pytest.approx(row, abs=8)


def test_shape_wire_and_points_are_each_another_picture_of_the_same(page: Page) -> None:
    textured = pixels(page)

    seen = {skin: press(page, f"[data-skin={skin}]") for skin in ("shape", "wire", "points")}
    again = press(page, "[data-skin=texture]")

    assert max(share(middle(seen[skin]), color, 25) for skin in seen for color in (BROWN, BLUE)) < 0.02
    assert changed(seen["shape"], seen["wire"]) > 0.002
    assert changed(seen["points"], pixels(page)) > 0 and changed(textured, seen["points"]) > 0.1
    assert changed(textured, again) < 0.01
    assert page.ask("document.querySelector('[data-skin=texture]').ariaPressed") == "true"


def test_up_is_up(page: Page) -> None:
    """The cube is green on top: a little of it is seen above the rest at first, and from the top nothing else."""
    start, top = pixels(page), press(page, "[data-side=top]")

    (green_rows, _), (other_rows, _) = (
        np.nonzero(near(start, GREEN)),
        np.nonzero(near(start, BLUE) | near(start, BROWN)),
    )
    assert green_rows.mean() < other_rows.mean()
    rows, columns = np.nonzero(near(top, GREEN))
    assert len(rows) > 0.9 * np.ptp(rows) * np.ptp(columns) > 0.1 * top[..., 0].size
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), rel=0.12)
    assert share(middle(top), BROWN) + share(middle(top), BLUE) < 0.02


def test_a_camera_in_the_view_names_itself_and_a_click_looks_through_it(page: Page) -> None:
    page.click("[data-cameras]")
    pixels(page)
    left, top, width, height = page.spot("#model canvas")

    spots = [
        (left + width * x, top + height * y) for y in np.arange(0.3, 0.95, 0.03) for x in np.arange(0.04, 0.96, 0.03)
    ]
    for spot in spots:
        page._mouse("mouseMoved", spot, "none", 0)
        if name := page.ask("(o => o.hidden ? '' : o.textContent)(document.querySelector('.named'))"):
            break
    else:
        pytest.fail("no camera was found in the view")
    page.drag([spot])
    page.until(f"{STAGE}.dataset.through === {json.dumps(name)}")
    page.until("!document.querySelector('.through').hidden")

    assert page.ask("document.querySelector('.lens output').textContent") == name
    assert page.ask("document.querySelector('.through').alt") == name


def test_looking_through_a_camera_the_photograph_lies_over_the_model_as_the_slider_says(page: Page) -> None:
    page.click(".seek")
    page.until("!document.querySelector('.through').hidden")
    strong = pixels(page)

    fade = (
        "(v => { const i = document.querySelector('.lens input'); i.value = v; i.dispatchEvent(new Event('input')); })"
    )
    page.ask(f"{fade}(0)")
    gone = pixels(page)

    assert changed(strong, gone) > 0.2
    assert share(middle(gone), BROWN) + share(middle(gone), BLUE) > 0.02
    page.click("[data-leave]")
    page.until(f"!{STAGE}.dataset.through")
    assert page.ask("document.querySelector('.through').hidden")


def test_through_a_camera_the_model_is_where_the_photograph_has_it(page: Page, finished: Any) -> None:
    """The middle of the cube is at the origin: K·t says where the camera sees it."""
    page.click(".seek")
    page.until("!document.querySelector('.through').hidden")
    page.ask(f"{FADE}(0)")
    drawn = pixels(page)
    name = page.ask(f"{STAGE}.dataset.through")
    x, y, width, height = page.ask(
        "(i => [parseFloat(i.left), parseFloat(i.top), parseFloat(i.width), parseFloat(i.height)])(document.querySelector('.through').style)"
    )

    import pycolmap

    image = pycolmap.Reconstruction(str(finished.sparse.path)).find_image_with_name(name)
    assert image is not None
    matrix, pose = image.camera.calibration_matrix(), image.cam_from_world()
    corners = np.array(list(np.ndindex(2, 2, 2))) - 0.5
    spots = (corners @ pose.rotation.matrix().T + pose.translation.ravel()) @ matrix.T
    spots = spots[:, :2] / spots[:, 2:] / [image.camera.width, image.camera.height] * [width, height] + [x, y]
    mask = covered(drawn)
    mask[: round(y)] = False  # a pressed button is blue, too
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    found = [columns[0], columns[-1], rows[0], rows[-1]]
    expected = [spots[:, 0].min(), spots[:, 0].max(), spots[:, 1].min(), spots[:, 1].max()]
    np.testing.assert_allclose(found, expected, atol=3)


def test_the_next_and_the_previous_camera_follow_each_other(page: Page) -> None:
    page.click(".seek")
    first = page.ask(f"{STAGE}.dataset.through")
    page.click("[data-step='1']")
    second = page.ask(f"{STAGE}.dataset.through")
    page.click("[data-step='-1']")

    assert first != second
    assert page.ask(f"{STAGE}.dataset.through") == first
    page.ask("document.querySelector('#model canvas').focus()")
    page.key("Escape")
    assert page.ask(f"{STAGE}.dataset.through ?? ''") == ""


def test_a_camera_of_the_plan_is_a_way_into_the_view(page: Page) -> None:
    name = page.ask("document.querySelector('.map .camera').dataset.camera")

    page.ask("document.querySelector('.map .camera').dispatchEvent(new MouseEvent('click', {bubbles: true}))")

    page.until(f"{STAGE}.dataset.through === {json.dumps(name)}")


def test_the_view_fills_the_window_and_gives_it_back(page: Page) -> None:
    page.click("[data-whole]")
    page.frames()
    assert page.ask("(b => [b.width, b.height])(document.querySelector('#model canvas').getBoundingClientRect())") == [
        1400,
        900,
    ]

    page.key("Escape")
    page.frames()
    assert page.ask("document.querySelector('#model canvas').getBoundingClientRect().width") < 900


def test_a_double_click_takes_what_is_there_to_the_middle(page: Page) -> None:
    """The right edge of the cube, clicked twice, comes to the center: background to the right of it, cube to the left."""
    before = pixels(page)
    mask = covered(before)
    row = before.shape[0] // 2
    right = int(np.flatnonzero(mask[row])[-1]) - 6
    left, top, _, _ = page.spot("#model canvas")
    page.ask(
        f"document.querySelector('#model canvas').dispatchEvent(new MouseEvent('dblclick', {{clientX: {left + right}, clientY: {top + row}}}))"
    )

    after = pixels(page)

    seen = covered(after)
    assert abs(int(np.flatnonzero(seen[row])[-1]) - after.shape[1] // 2) < 30


def test_the_scale_bar_says_a_round_length_in_meters(page: Page) -> None:
    """The cube is one meter wide: from the front it is as wide as its bar says, but for perspective."""
    front = press(page, "[data-side=front]")
    mask = covered(front)
    wide = np.ptp(np.flatnonzero(mask[front.shape[0] // 2]))

    text, long = page.ask(
        "(r => [r.innerText.trim(), r.firstChild.getBoundingClientRect().width])(document.querySelector('.ruler'))"
    )

    meters = float(text.split()[0]) * {"m": 1.0, "cm": 0.01}[text.split()[1]]
    assert long / meters == pytest.approx(wide, rel=0.25)


def test_the_divider_between_photograph_and_model_moves(page: Page) -> None:
    """The fixture's held-out photograph is white, the model gray."""
    left, top, width, height = page.spot(".compare")
    for at in (0.25, 0.75):
        page.drag([(left + width * at, top + height / 3)])
        row = pixels(page, ".compare")[20].mean(axis=-1)
        assert float((row > 200).mean()) == pytest.approx(at, abs=0.05)


def test_the_divider_follows_the_keys(page: Page) -> None:
    page.ask("document.querySelector('.compare input').focus()")
    for _ in range(5):
        page.key("ArrowLeft")

    assert page.ask("document.querySelector('.compare').style.getPropertyValue('--at')") == "45%"


def test_every_control_can_be_reached_with_the_keyboard_and_has_a_name(page: Page) -> None:
    nameless = page.ask(
        "[...document.querySelectorAll('button, input, a, canvas, [tabindex]')]"
        ".filter(e => !e.hidden && !(e.ariaLabel || e.textContent.trim() || e.getAttribute('aria-label')))"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []
    assert page.ask("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex === 0)")


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser: Chromium, report: Path, dark: bool) -> None:
    """WCAG: 4.5 to 1 for text."""
    page = browser.open(report, dark=dark)
    page.until(f"{STAGE}.dataset.view === 'ready'")

    pairs = page.ask(
        "(s => ['--ink', '--soft', '--accent', '--good', '--warn', '--bad'].flatMap(f => ['--paper', '--card'].map(b => [f, b, s.getPropertyValue(f), s.getPropertyValue(b)])))"
        "(getComputedStyle(document.documentElement))"
    )

    for front, ground, a, b in pairs:
        assert contrast(a, b) >= 4.5, (front, ground)
    drawn = pixels(page)
    assert share(middle(drawn), BROWN) + share(middle(drawn), BLUE) > 0.2
    assert page.complaints == []
    page.close()


def contrast(first: str, second: str) -> float:
    """WCAG 2's ratio of the luminances of two colors such as #fff or #0a6c74."""

    def luminance(color: str) -> float:
        digits = color.strip().lstrip("#")
        whole = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
        parts = [int(whole[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dim + 0.05)


def test_on_a_phone_nothing_is_wider_than_the_screen_and_fingers_turn_and_zoom(browser: Chromium, report: Path) -> None:
    page = browser.open(report, width=390, height=844, phone=True)
    page.until(f"{STAGE}.dataset.view === 'ready'")

    assert page.ask("document.documentElement.scrollWidth") <= 390
    start = pixels(page)
    left, top, width, height = page.spot("#model canvas")
    across = [(left + width * x, top + height / 2) for x in (0.3, 0.4, 0.5, 0.6, 0.7)]
    page.touch([across])
    turned = pixels(page)
    assert changed(start, turned) > 0.05
    center = (left + width / 2, top + height / 2)
    together = [[(center[0] + sign * (100 - 12 * i), center[1]) for i in range(6)] for sign in (-1, 1)]
    page.touch(together)
    assert covered(pixels(page)).sum() < 0.7 * covered(turned).sum()
    assert page.complaints == []
    page.close()


def test_without_webgl_the_picture_stays_and_the_page_says_why(report: Path) -> None:
    with Chromium(find() or "", webgl=False) as browser:
        page = browser.open(report)
        page.frames(3)
        drawn = pixels(page)

        assert page.ask("document.querySelector('#model canvas').hidden")
        assert "WebGL 2" in page.ask("document.querySelector('#model').innerText")
        assert "See the model from here" not in page.ask("document.body.innerText")
        assert share(middle(drawn), BROWN) + share(middle(drawn), BLUE) > 0.2
        assert [one for one in page.complaints if "WebGL" not in one and "GPU" not in one] == []


def test_on_paper_everything_is_there(page: Page) -> None:
    page.call("Emulation.setEmulatedMedia", media="print")
    page.frames()

    assert page.ask("document.querySelector('#model > img').checkVisibility({visibilityProperty: true})")
    assert not page.ask("document.querySelector('nav').checkVisibility()")
    assert page.ask(
        "[...document.images].filter(i => !i.classList.contains('through')).every(i => i.complete && i.naturalWidth > 0)"
    )
    assert page.ask("document.querySelector('.tall').scrollHeight <= document.querySelector('.tall').clientHeight + 1")


def test_a_name_that_attacks_the_page_is_only_seen(page: Page) -> None:
    told = page.ask("document.body.textContent")

    assert f"Nothing matches {HOSTILE}." in told
    assert page.ask("[...document.images].every(i => !i.hasAttribute('onerror'))")

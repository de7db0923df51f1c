"""Driving the reading page of a browser: what it shows, waiting for it, and the mouse on image points."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, Route

from tests.waiting import wait_until


def reading_state(page: Page) -> dict:
    """What the page holds: index, shown, prompt and the reading.

    As one string: Playwright takes a value over number by number, and masks have thousands.
    """
    return json.loads(page.evaluate("() => JSON.stringify(window.scarmass?.state() ?? {})"))


def shown_scar(page: Page, index: int) -> dict:
    """What the page holds of the scar on a slice: mask, boxes, points, score, area_mm2 and mass."""
    return reading_state(page)["reading"]["slices"][index]["segments"]["scar"]


def wait_until_prepared(page: Page) -> None:
    """The image is on the screen and every slice has its proposal."""
    wait_until(lambda: page.evaluate("() => window.scarmass?.state().reading?.state") == "draft", 120)
    wait_until(
        lambda: page.evaluate("() => { const { shown, index } = window.scarmass.state(); return shown === index; }")
    )


def intercept(page: Page, url: str | re.Pattern[str], answer: Callable[[Route], object]) -> None:
    """Answer requests of the page that is shown in the server's place, from now on.

    Chromium has a page that is loaded already hear of it a moment later: what it asks until then goes to the server.
    """
    page.route(url, answer)
    page.route("**/is-intercepted", lambda route: route.fulfill(status=204))
    wait_until(lambda: page.evaluate("() => fetch('/is-intercepted').then((answer) => answer.ok)"))
    page.unroute("**/is-intercepted")


def show_part(page: Page, name: str) -> None:
    """Show a part of the reading beneath the figures of its panel: Overview, Methods, Slices, History and so on."""
    page.get_by_role("group", name="Shown beneath the figures").get_by_role("button", name=name).click()


def wait_for_revision(page: Page, revision: int) -> None:
    wait_until(lambda: page.evaluate("() => window.scarmass?.state().reading?.revision") == revision)


def client_point(page: Page, x: float, y: float) -> tuple[float, float]:
    point = page.evaluate("([x, y]) => window.scarmass.imageToClient(x, y)", [x, y])
    return (point["x"], point["y"]) if isinstance(point, dict) else tuple(point)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the left button between two image points."""
    page.mouse.move(*client_point(page, *start))
    page.mouse.down()
    page.mouse.move(*client_point(page, *((a + b) / 2 for a, b in zip(start, end, strict=True))))
    page.mouse.move(*client_point(page, *end))
    page.mouse.up()

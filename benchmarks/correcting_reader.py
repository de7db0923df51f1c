"""A reader who knows the truth and corrects as a clinician would: accepts what looks right, clicks at what does not.

Only keys, clicks and drags that the page has reach it; what it shows is read over REST.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import httpx
import numpy as np
from playwright.sync_api import Page
from tests.browser.driving import client_point, drag, reading_state, wait_until, wait_until_prepared

from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.overlap import dice
from scarmass.domain.prompts import Point, box_around
from scarmass.evaluation.simulated_reader import correcting_click

GOOD_ENOUGH = 0.85
"""A Dice that the reader no longer corrects."""
MOST_CORRECTIONS = 4
"""Boxes and clicks that the reader spends on a slice."""
BOX_MARGIN = 0.1


@dataclass(frozen=True)
class Corrected:
    """What one patient took. actions: keys, clicks and drags. dice: of all scar of the patient, against the truth."""

    actions: int
    seconds: float
    dice: float


class CorrectingReader:
    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address
        self._actions = 0

    def read(self, stack_id: str, truth: Mapping[str, Mask]) -> Corrected:
        """Every slice of a prepared stack decided on. truth: scar (rows, columns) by SOP Instance UID."""
        self._page.goto(f"{self._address}/stacks/{stack_id}")
        wait_until_prepared(self._page)
        started = perf_counter()
        self._press("Home")
        for number, one in enumerate(self._slices()):
            wait_until(lambda number=number: reading_state(self._page)["shown"] == number)
            self._decide(number, truth[one["sop_instance_uid"]])
        wait_until(lambda: self._reading()["reviewed"] == len(truth))
        seconds = perf_counter() - started
        slices = [(one, truth[one["sop_instance_uid"]]) for one in self._slices()]
        shown = np.stack([self._mask(one, true) for one, true in slices])
        true = np.stack([true for _, true in slices])
        return Corrected(self._actions, seconds, dice(shown, true))

    def _decide(self, number: int, true: Mask) -> None:
        """Correct the slice on the screen until it is good enough, decide, and be on the next one."""
        if not true.any():
            self._press("0")
        else:
            for _ in range(MOST_CORRECTIONS):
                shown = self._mask(self._slices()[number], true)
                if dice(shown, true) >= GOOD_ENOUGH:
                    break
                self._correct(shown, true)
            self._press("Enter")
        self._settle()
        if reading_state(self._page)["index"] == number and number + 1 < len(self._slices()):
            self._press("ArrowDown")

    def _correct(self, shown: Mask, true: Mask) -> None:
        """A box round scar of which nothing is shown, else a click in the largest error."""
        if not (shown & true).any():
            box = box_around(true, BOX_MARGIN)
            drag(self._page, (box.x0, box.y0), (box.x1, box.y1))
            self._actions += 1
        elif click := correcting_click(shown, true):
            self._click(click)
        self._settle()

    def _click(self, click: Point) -> None:
        if not click.positive:
            self._page.keyboard.down("Alt")
        self._page.mouse.click(*client_point(self._page, click.x, click.y))
        if not click.positive:
            self._page.keyboard.up("Alt")
        self._page.mouse.move(*client_point(self._page, 2, 2))
        self._actions += 1

    def _press(self, key: str) -> None:
        self._page.keyboard.press(key)
        self._actions += 1

    def _settle(self) -> None:
        """Nothing is on its way to the server."""
        wait_until(lambda: self._page.locator("#viewport").get_attribute("data-saved") == "true")

    def _reading(self) -> dict:
        reading_id = reading_state(self._page)["reading"]["id"]
        return httpx.get(f"{self._address}/api/v1/readings/{reading_id}", timeout=30).raise_for_status().json()

    def _slices(self) -> list[dict]:
        return self._reading()["slices"]

    def _mask(self, one: dict, true: Mask) -> Mask:
        """The scar of a slice as it is stored, like the true one (rows, columns); empty where there is none."""
        return np.zeros_like(true) if one["mask"] is None else from_rle(one["mask"])

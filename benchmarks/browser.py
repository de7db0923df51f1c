"""The reading page in a real browser: how long a reader's eye waits, and what a scripted reader needs for a patient."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Page, sync_playwright
from tests.browser.chromium import FLAGS, installed_chromium
from tests.browser.driving import client_point, reading_state, wait_until, wait_until_prepared
from tests.browser.scripted_reader import ScriptedReader

from benchmarks.correcting_reader import Corrected, CorrectingReader
from benchmarks.server import Server, ServerFailed
from benchmarks.subjects import Subject
from benchmarks.timing import Summary, repeated, single, summary
from benchmarks.traffic import FreshStacks

PATIENTS = 3

UNTIL_PAINTED = """([name, act]) => new Promise((done) => {
  const image = document.getElementById("viewport");
  const before = image.dataset[name];
  const from = performance.now();
  setTimeout(() => done(null), 30_000);
  const seen = new MutationObserver(() => {
    if (image.dataset[name] === before) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - from)));
  });
  seen.observe(image, { attributes: true });
  const { x, y } = act;
  if (act.key) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: act.key, bubbles: true }));
    return;
  }
  image.setPointerCapture = () => {};
  for (const type of ["pointerdown", "pointerup"])
    image.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 7, clientX: x, clientY: y, button: 0 }));
})"""
"""Milliseconds from an event on the page until its effect is on the screen."""


def browser_rows(server: Server, stacks: FreshStacks, repetitions: int, within_s: float) -> list[Summary]:
    """Clicks, slice changes and a scripted reader. Empty where no Chromium is installed."""
    if installed_chromium() is None:
        return []
    with _page() as page:
        subject, stack_id = stacks.uploaded()
        _open(page, server, stack_id)
        clicks = repeated(lambda: _click_ms(page), repetitions, within_s)
        keys = [{"key": "ArrowDown"}, {"key": "ArrowUp"}]
        turns = repeated(lambda: [_painted_ms(page, "slice", key) for key in keys], repetitions // 2, within_s)
        read = [_read(page, server, stacks.new()) for _ in range(PATIENTS)]
        corrected = [_correct(page, server, *stacks.uploaded()) for _ in range(PATIENTS)]
    return [
        summary("Browser: click to painted outline", clicks),
        summary("Browser: slice change", [each for pair in turns for each in pair]),
        summary("Scripted reader, actions a patient", [float(actions) for actions, _ in read], ""),
        summary("Scripted reader, machine time a patient", [seconds for _, seconds in read], "s"),
        single("Scripted reader, slices a patient", len(subject.files), ""),
        summary("Correcting reader, actions a patient", [float(each.actions) for each in corrected], ""),
        summary("Correcting reader, machine time a patient", [each.seconds for each in corrected], "s"),
        summary("Correcting reader, Dice of the scar", [each.dice for each in corrected], ""),
    ]


def _click_ms(page: Page) -> float:
    """A click on a slice that was cleared before: a point on a point would only select it."""
    page.keyboard.press("c")
    wait_until(lambda: not any(reading_state(page)["prompt"].values()))
    wait_until(lambda: page.locator("#viewport").get_attribute("data-saved") == "true")
    return _painted_ms(page, "revision", dict(zip("xy", client_point(page, 120, 120), strict=True)))


def _painted_ms(page: Page, name: str, act: dict) -> float:
    """Until the image's data attribute of that name has changed and was painted. Raises ServerFailed after 30 s."""
    took_ms = page.evaluate(UNTIL_PAINTED, [name, act])
    if took_ms is None:
        raise ServerFailed(f"the page did not answer {act} within 30 s")
    return took_ms


@contextmanager
def _page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        yield browser.new_page(viewport={"width": 1366, "height": 768})
        browser.close()


def _open(page: Page, server: Server, stack_id: str) -> None:
    page.goto(f"{server.http.base_url}/stacks/{stack_id}")
    wait_until_prepared(page)


def _read(page: Page, server: Server, subject: Subject) -> tuple[int, float]:
    """(actions, seconds) from the upload of a patient to the CSV: a box round each true scar, "no scar" elsewhere."""
    reader = ScriptedReader(page, str(server.http.base_url))
    scars = {uid: prompt.boxes[0] for uid, prompt in subject.prompts.items()}
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        reader.read(subject.patient_id, subject.files, scars, Path(folder))
    return reader.actions, perf_counter() - started


def _correct(page: Page, server: Server, subject: Subject, stack_id: str) -> Corrected:
    """A prepared patient, corrected slice by slice towards its true scar."""
    return CorrectingReader(page, str(server.http.base_url)).read(stack_id, subject.scars)

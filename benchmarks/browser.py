"""The reading page in a real browser: how long a reader's eye waits, and what a scripted reader needs for a patient."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep

from playwright.sync_api import Page, sync_playwright
from tests.browser.chromium import installed_chromium

from benchmarks.server import Server, ServerFailed
from benchmarks.subjects import Subject
from benchmarks.timing import Summary, repeated, single, summary
from benchmarks.traffic import FreshStacks

FLAGS = ["--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENTS = 3
TIMEOUT_S = 120

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
        read = [_read(page, server, stacks.uploaded()) for _ in range(PATIENTS)]
    return [
        summary("Browser: click to painted outline", clicks),
        summary("Browser: slice change", [each for pair in turns for each in pair]),
        summary("Scripted reader, actions a patient", [float(actions) for actions, _ in read], ""),
        summary("Scripted reader, machine time a patient", [seconds for _, seconds in read], "s"),
        single("Scripted reader, slices a patient", len(subject.files), ""),
    ]


def _click_ms(page: Page) -> float:
    """A click on a slice that was cleared before: a point on a point would only select it."""
    page.keyboard.press("c")
    _wait(page, "state.prompt.boxes.length + state.prompt.points.length === 0")
    _wait(page, "document.getElementById('viewport').dataset.saved === 'true'")
    place = page.evaluate("() => window.scarmass.imageToClient(120, 120)")
    return _painted_ms(page, "revision", place)


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
    _wait(page, "state.reading?.state === 'draft' && state.shown === state.index")


def _wait(page: Page, condition: str) -> None:
    deadline = perf_counter() + TIMEOUT_S
    asked = f"() => {{ const state = window.scarmass?.state(); return Boolean(state && ({condition})); }}"
    while not page.evaluate(asked):
        if perf_counter() > deadline:
            raise ServerFailed(f"the page did not get to {condition}")
        sleep(0.02)


def _read(page: Page, server: Server, uploaded: tuple[Subject, str]) -> tuple[int, float]:
    """(actions, seconds) from opening the stack to the CSV: a box round each true scar, "no scar" elsewhere."""
    subject, stack_id = uploaded
    started, actions = perf_counter(), 0
    _open(page, server, stack_id)
    page.keyboard.press("Home")
    slices = server.http.get(f"/api/v1/stacks/{stack_id}").json()["slices"]
    for number, each in enumerate(slices):
        _wait(page, f"state.shown === {number}")
        prompt = subject.prompts.get(each["sop_instance_uid"])
        if prompt is None:
            page.keyboard.press("0")
            actions += 1
        else:
            page.keyboard.press("c")
            (box,) = prompt.boxes
            corners = [
                page.evaluate("([x, y]) => window.scarmass.imageToClient(x, y)", [x, y])
                for x, y in ((box.x0, box.y0), (box.x1, box.y1))
            ]
            page.mouse.move(corners[0]["x"], corners[0]["y"])
            page.mouse.down()
            page.mouse.move(corners[1]["x"], corners[1]["y"], steps=4)
            page.mouse.up()
            actions += 2
        page.keyboard.press("Enter")
        actions += 1
    _wait(page, f"state.reading.reviewed === {len(slices)}")
    with page.expect_download():
        page.keyboard.press("e")
    return actions + 2, perf_counter() - started

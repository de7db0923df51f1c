"""A real server with an echoing segmenter, and a real Chromium in front of it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scarmass.services.context import Context
from tests.browser.chromium import FLAGS, WITHOUT_WEBGL, installed_chromium
from tests.browser.driving import wait_until_prepared
from tests.conftest import UNCONFINED, application
from tests.fakes import EchoSegmenter, FakeDetector
from tests.kept import Kept

expect.set_options(timeout=30_000)  # as every other wait of Playwright: a busy machine is not a fault


@dataclass
class Server:
    address: str
    context: Context

    def upload(self, paths: list[Path]) -> str:
        """Upload files and return the id of their first stack."""
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        answer = httpx.post(f"{self.address}/api/v1/studies", files=files, timeout=60).raise_for_status()
        return answer.json()["studies"][0]["stacks"][0]["stack_id"]

    def reading(self, stack_id: str) -> dict:
        """The stack's reading as the server has stored it."""
        study = httpx.get(f"{self.address}/api/v1/studies").json()["studies"]
        stacks = [stack for one in study for stack in one["stacks"]]
        reading_id = next(stack["reading_id"] for stack in stacks if stack["stack_id"] == stack_id)
        return httpx.get(f"{self.address}/api/v1/readings/{reading_id}").json()


@pytest.fixture
def server(context: Context, unused_tcp_port: int) -> Iterator[Server]:
    context.wall = UNCONFINED
    config = uvicorn.Config(
        application(context),
        host="127.0.0.1",
        port=unused_tcp_port,
        log_level="critical",  # streams of events are still open when it ends, and it would say that it cancels them
        timeout_graceful_shutdown=0,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield Server(f"http://127.0.0.1:{unused_tcp_port}", context)
    running.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[bool], Browser]]:
    """Chromium with or without WebGL, each started once."""
    path = installed_chromium()
    if path is None:
        pytest.fail("no Chromium: `make test` installs one, or run `.venv/bin/playwright install chromium`")
    started: dict[bool, Browser] = {}
    with sync_playwright() as playwright:

        def browser(webgl: bool) -> Browser:
            if webgl not in started:
                flags = FLAGS if webgl else WITHOUT_WEBGL
                started[webgl] = playwright.chromium.launch(executable_path=path, args=flags)
            return started[webgl]

        yield browser
        for one in started.values():
            one.close()


@pytest.fixture
def page(browsers: Callable[[bool], Browser], server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of 1366 x 768 whose errors and requests beyond the server fail the test. Parameter: with WebGL or not.

    It closes before the server ends, which answers 500 to what is still on its way then.
    """
    page = browsers(getattr(request, "param", True)).new_page(viewport={"width": 1366, "height": 768})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda sent: None if _is_own(sent.url) else problems.append(f"left the origin: {sent.url}"))
    yield page
    page.close()
    assert not problems


def _is_own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:"))


def open_stack(page: Page, server: Server, stack_id: str) -> None:
    """Open the reading page and wait until image and proposals are there."""
    page.goto(f"{server.address}/stacks/{stack_id}")
    wait_until_prepared(page)


def stored_slice(server: Server, stack_id: str, index: int) -> dict:
    return server.reading(stack_id)["slices"][index]


@pytest.fixture
def opened(page: Page, server: Server, phantom_files: list[Path], kept_stack: Kept[str]) -> str:
    """The phantom patient's stack, prepared and opened; where a test has models of its own, they prepare it."""
    models = server.context.detector, server.context.segmenter
    if [type(model) for model in models] == [FakeDetector, EchoSegmenter]:
        kept_stack.put_into(server.context)
        stack_id = kept_stack.told
    else:
        stack_id = server.upload(phantom_files)
    open_stack(page, server, stack_id)
    return stack_id


@pytest.fixture
def contoured(page: Page, server: Server, kept_contoured: Kept[str]) -> str:
    """The same, with the contours of its reader."""
    kept_contoured.put_into(server.context)
    open_stack(page, server, kept_contoured.told)
    return kept_contoured.told


@pytest.fixture
def other(page: Page, server: Server, opened: str) -> Iterator[Page]:
    """Another browser window, with storage of its own, on the same reading."""
    assert page.context.browser is not None
    other = page.context.browser.new_page()
    open_stack(other, server, opened)
    yield other
    other.close()

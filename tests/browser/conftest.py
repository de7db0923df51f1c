"""A real server with an echoing segmenter, and a real Chromium in front of it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

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
        study = httpx.get(f"{self.address}/api/v1/studies", timeout=60).json()["studies"]
        stacks = [stack for one in study for stack in one["stacks"]]
        reading_id = next(stack["reading_id"] for stack in stacks if stack["stack_id"] == stack_id)
        return httpx.get(f"{self.address}/api/v1/readings/{reading_id}", timeout=60).json()


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """Where the servers of all tests are found, one after the other: a browser keeps the page's files by address."""
    with own_port(0) as held:
        yield held.getsockname()[1]


def own_port(number: int) -> socket.socket:
    """A socket at this port of our own, at any free one for 0; while it is open nobody else is given the port."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.bind(("127.0.0.1", number))
    return opened


@pytest.fixture
def server(context: Context, port: int) -> Iterator[Server]:
    context.wall = UNCONFINED
    config = uvicorn.Config(
        application(context),
        log_level="critical",  # streams of events are still open when it ends, and it would say that it cancels them
        timeout_graceful_shutdown=0,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([own_port(port)],))
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield Server(f"http://127.0.0.1:{port}", context)
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
                # By one process a site, that which has compiled the page's scripts shows the next test's page too.
                flags = [*(FLAGS if webgl else WITHOUT_WEBGL), "--process-per-site"]
                started[webgl] = playwright.chromium.launch(executable_path=path, args=flags)
            return started[webgl]

        yield browser
        for one in started.values():
            one.close()


@pytest.fixture(scope="session")
def windows(browsers: Callable[[bool], Browser]) -> Callable[[bool, str], BrowserContext]:
    """A window of Chromium with or without WebGL, by name. Each is opened once: it keeps the page's files."""

    @cache
    def window(webgl: bool, name: str) -> BrowserContext:
        return browsers(webgl).new_context(viewport={"width": 1366, "height": 768})

    return window


def empty_page(window: BrowserContext, server: Server) -> Page:
    """A page of the window, which remembers nothing of earlier tests but files that never change.

    The window's first page stays, so that the process that shows the server's pages does too.
    """
    if not window.pages:
        window.new_page().goto(f"{server.address}/static/icon.svg")
    window.set_offline(False)
    window.clear_cookies()
    page = window.new_page()
    storage = window.new_cdp_session(page)
    storage.send("Storage.clearDataForOrigin", {"origin": server.address, "storageTypes": "all"})
    storage.detach()
    return page


def close_pages(window: BrowserContext) -> None:
    for page in window.pages[1:]:
        page.close()


@pytest.fixture
def page(
    windows: Callable[[bool, str], BrowserContext], server: Server, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page of 1366 x 768 whose errors and requests beyond the server fail the test. Parameter: with WebGL or not.

    It closes before the server ends, which answers 500 to what is still on its way then.
    """
    page = empty_page(windows(getattr(request, "param", True), "page"), server)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda sent: None if _is_own(sent.url) else problems.append(f"left the origin: {sent.url}"))
    yield page
    close_pages(page.context)
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
def other(windows: Callable[[bool, str], BrowserContext], server: Server, opened: str) -> Iterator[Page]:
    """Another browser window, with storage of its own, on the same reading."""
    other = empty_page(windows(True, "other"), server)
    open_stack(other, server, opened)
    yield other
    close_pages(other.context)

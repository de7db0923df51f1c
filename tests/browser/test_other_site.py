"""A page of another host, in a real Chromium over plain HTTP: it can neither write here nor read."""

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from scarmass.phantom.demonstration import write_phantom
from tests.browser.conftest import Server
from tests.conftest import small_studies

pytestmark = pytest.mark.browser

TRIES = """async ({ address, file, image }) => {
  const tried = async (path, options) => {
    try {
      const answer = await fetch(address + path, options);
      return answer.status;
    } catch { return "failed"; }
  };
  const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
  const form = new FormData();
  form.append("files", new Blob([bytes]), "one.dcm");
  const json = { "Content-Type": "application/json" };
  const picture = new Image();
  picture.src = address + image;
  await picture.decode().catch(() => null);
  return {
    readBlindly: await tried("/api/v1/studies", { mode: "no-cors" }),
    read: await tried("/api/v1/studies", {}),
    picture: picture.naturalWidth > 0,
    written: await tried("/api/v1/mass", { method: "POST", headers: json, body: "{}" }),
    stored: await tried("/api/v1/studies", { method: "POST", mode: "no-cors", body: form }),
  };
}"""

SUBMIT = """(address) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: `${address}/api/v1/studies` });
  form.enctype = "multipart/form-data";
  const input = Object.assign(document.createElement("input"), { type: "file", name: "files" });
  const chosen = new DataTransfer();
  chosen.items.add(new File(["anything"], "one.dcm"));
  input.files = chosen.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty page on another host."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><body></body>")

        def log_message(self, *_: object) -> None:
            """It says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        yield f"http://elsewhere.test:{other.server_port}/"
        other.shutdown()
        thread.join()


@pytest.fixture
def visit(browsers: Callable[[bool], Browser]) -> Iterator[Callable[[str], Page]]:
    """Opens a page whatever its host."""
    page = browsers(True).new_page()

    def to(address: str) -> Page:
        page.goto(address)
        return page

    yield to
    page.close()


def test_a_page_of_another_host_can_neither_write_nor_read(
    server: Server, visit: Callable[[str], Page], elsewhere: str, tmp_path: Path
) -> None:
    here = server.address.replace("127.0.0.1", "scarmass.test")
    first, second = (write_phantom(tmp_path / str(one), study) for one, study in enumerate(small_studies(2)))
    stack_id = server.upload(first)
    (shown, *_) = httpx.get(f"{server.address}/api/v1/stacks/{stack_id}").json()["slices"]
    image = f"/api/v1/slices/{shown['sop_instance_uid']}/1/thumbnail"
    asked = {"address": here, "file": base64.b64encode(second[0].read_bytes()).decode(), "image": image}

    page = visit(elsewhere)
    with page.expect_request(lambda sent: sent.method == "POST" and sent.url.endswith("/studies")) as post:
        tries = page.evaluate(TRIES, asked)
    assert "sec-fetch-site" not in post.value.all_headers()
    assert tries == {
        "readBlindly": "failed",
        "read": "failed",
        "picture": False,
        "written": "failed",
        "stored": "failed",
    }
    with page.expect_navigation() as answered:
        page.evaluate(SUBMIT, here)
    assert answered.value is not None
    assert answered.value.status == 403
    assert len(httpx.get(f"{server.address}/api/v1/studies").json()["studies"]) == 1

    tries = visit(here).evaluate(TRIES, asked)
    assert tries == {"readBlindly": 200, "read": 200, "picture": True, "written": 422, "stored": 201}
    assert len(httpx.get(f"{server.address}/api/v1/studies").json()["studies"]) == 2

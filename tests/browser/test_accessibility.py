"""axe-core finds nothing serious on any page, in any of its larger states."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.driving import reading_state, show_part, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_the_worklist(page: Page, server: Server, opened: str) -> None:
    page.goto(server.address)
    page.get_by_text("SAX LGE magnitude").wait_for()
    assert not serious(page), "\n".join(serious(page))


def test_the_reading_its_help_its_history_and_all_slices_side_by_side(page: Page, server: Server, opened: str) -> None:
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    show_part(page, "History")
    wait_until(lambda: page.locator("#history li").count() == 2)
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("a")
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("a")
    page.keyboard.press("?")
    assert not serious(page), "\n".join(serious(page))


def test_a_stack_that_cannot_be_opened(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/stacks/1.2.3")
    page.get_by_text("Back to the worklist").wait_for()
    assert reading_state(page) == {}
    assert not serious(page), "\n".join(serious(page))

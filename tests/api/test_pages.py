"""The pages themselves."""

import pytest
from fastapi.testclient import TestClient

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_gets_a_page_with_the_way_back_where_there_is_none(client: TestClient) -> None:
    answer = client.get("/nothing/here", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/">' in answer.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/nothing", {}), ("/api/v1/nothing", BROWSER), ("/static/nothing.js", BROWSER)],
)
def test_programs_get_a_problem_where_nothing_is(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"

"""The page's own files: kept by browsers for as long as they stay what they are."""

import re
from pathlib import Path

from fastapi.testclient import TestClient
from starlette.responses import FileResponse

from scarmass.api.static_files import STATIC, STATIC_FILES, VersionedFiles
from tests.api.running import run

IMPORTED = re.compile(r'(?:\bfrom|^import) "([^"]+)";$', re.M)
SCOPE = {"type": "http", "method": "GET", "headers": []}


def answer_of(files: VersionedFiles, path: str) -> FileResponse:
    answer = run(files.get_response(path.removeprefix(f"{STATIC}/"), SCOPE))
    assert isinstance(answer, FileResponse)
    return answer


def test_whatever_a_page_names_of_its_files_is_kept_without_asking(client: TestClient) -> None:
    page = client.get("/").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(named) > 3
    for path in named:
        assert client.get(path).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_a_kept_module_imports_is_of_the_same_version() -> None:
    scripts = Path(str(STATIC_FILES.directory)).glob("js/**/*.js")
    imported = [path for script in scripts for path in IMPORTED.findall(script.read_text())]
    assert len(imported) > 100
    assert not [path for path in imported if not path.startswith(("./", "../"))]


def test_at_its_plain_path_a_file_is_asked_about_each_time(client: TestClient) -> None:
    first = client.get("/static/css/base.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/css/base.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


def test_a_file_that_changes_moves_all_of_them_and_nothing_is_served_where_they_were(
    tmp_path: Path, client: TestClient
) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    files = VersionedFiles(tmp_path)
    before = files.prefix()
    assert files.prefix() == before
    assert Path(answer_of(files, f"{before}/a.js").path).read_text() == "1"
    (tmp_path / "b.js").write_text("2, and more")
    after = files.prefix()
    assert after != before
    assert Path(answer_of(files, f"{after}/b.js").path).read_text() == "2, and more"
    answer = client.get(f"{STATIC}/0123456789abcdef/js/common/api.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_equal_files_have_equal_addresses_wherever_they_were_installed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.js").write_text("1")
    assert VersionedFiles(tmp_path / "one").prefix() == VersionedFiles(tmp_path / "two").prefix()


def test_nothing_beside_the_files_is_served_below_their_digest(client: TestClient) -> None:
    for path in ("", "/", "/js", "/%2e%2e/templates/base.html", "//etc/passwd", "/%2fetc/passwd"):
        assert client.get(STATIC_FILES.prefix() + path).status_code == 404

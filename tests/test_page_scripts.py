"""What the page's scripts may not do, whoever writes the next one."""

import re

from scarmass.paths import FRONTEND

OURS = sorted((FRONTEND / "static" / "js").rglob("*.js"))
MARKUP_OR_CODE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|setHTMLUnsafe"
    r"|\beval\(|new Function\(|set(?:Timeout|Interval)\(\s*[\"'`]|javascript:"
)


def test_no_script_makes_markup_or_code_of_text() -> None:
    assert len(OURS) > 100
    found = [f"{path.name}: {match[0]}" for path in OURS for match in MARKUP_OR_CODE.finditer(path.read_text())]
    assert found == []


def test_no_page_has_a_script_or_a_handler_in_its_markup() -> None:
    pages = sorted((FRONTEND / "templates").glob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), page.name
        assert not re.search(r"<[^>]+\son[a-z]+=", text), page.name

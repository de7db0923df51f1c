"""docs/security.md names every requirement of ASVS 5.0.0 of levels 1 and 2 once, and tests and files that are there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scarmass.paths import CHECKOUT

assert CHECKOUT is not None
PAGE = (CHECKOUT / "docs" / "security.md").read_text(encoding="utf-8")

SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2  2.1:3 2.2:3 2.3:4 2.4:1  3.2:2 3.3:4 3.4:6 3.5:5 3.7:2  4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3  6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4  7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1  9.1:3 9.2:4  10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1  12.1:3 12.2:2 12.3:4  13.1:1 13.2:5 13.3:2 13.4:5  14.1:2 14.2:4 14.3:3
15.1:3 15.2:3 15.3:7  16.1:1 16.2:5 16.3:4 16.4:3 16.5:3  17.1:1 17.2:4 17.3:2
"""
"""Each section of ASVS 5.0.0 with so many requirements of levels 1 and 2, which stand before those of level 3."""

REQUIRED = {
    f"{section}.{number}"
    for section, count in (each.split(":") for each in SECTIONS.split())
    for number in range(1, int(count) + 1)
}
ROW = re.compile(r"^\| (?P<ids>[\d., –]+) \| (?P<asked>[^|]+) \| (?P<state>[^|]+) \|$", re.MULTILINE)
STATES = ("**held**", "**in part**", "**not held**", "**of the site**", "**not applicable**")
TEST = re.compile(r"`([\w./]+\.py)::(\w+)`")
FILE = re.compile(r"`([\w./-]+\.(?:py|js|html|md|conf|yml|lock|toml|gpu)|Makefile|docs/deployment/Caddyfile)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PLACES = ("backend/scarmass", "frontend", "tests", "")


def rows() -> Iterator[tuple[list[str], str]]:
    """Its requirements and its state, of each row."""
    for row in ROW.finditer(PAGE):
        yield [each for part in row["ids"].split(",") for each in spelt_out(part.strip())], row["state"].strip()


def spelt_out(part: str) -> list[str]:
    """Of 4.3.1–2, say, 4.3.1 and 4.3.2."""
    first, _, last = part.partition("–")
    section, _, number = first.rpartition(".")
    return [f"{section}.{each}" for each in range(int(number), int(last or number) + 1)]


@cache
def names_in(path: Path) -> set[str]:
    walked = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in walked if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_as_many_requirements_are_looked_for_as_the_standard_has_of_level_1_and_2() -> None:
    assert len(REQUIRED) == 70 + 183


def test_every_requirement_stands_in_one_row() -> None:
    named = [each for ids, _ in rows() for each in ids]
    assert sorted(each for each in set(named) if named.count(each) > 1) == []
    assert set(named) ^ REQUIRED == set()


def test_every_row_says_how_it_stands_and_what_is_held_says_where() -> None:
    for ids, state in rows():
        assert state.startswith(STATES), (ids, state)
        if state.startswith(("**held**", "**in part**")):
            assert TEST.search(state) or FILE.search(state) or "](" in state, (ids, state)


def test_every_test_that_is_named_is_there() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 100
    for path, name in named:
        assert CHECKOUT is not None
        file = CHECKOUT / "tests" / path
        assert file.is_file(), path
        assert name in names_in(file), f"{path}::{name}"


@pytest.mark.parametrize("page", ["security.md", "threat_model.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    assert CHECKOUT is not None
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    for name in FILE.findall(text):
        assert any((CHECKOUT / place / name).is_file() for place in PLACES), name
    for name in LINK.findall(text):
        assert (CHECKOUT / "docs" / name).exists(), name

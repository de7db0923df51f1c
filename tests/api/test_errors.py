"""Each fact is of one kind, and its kind's status answers it as a problem."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import scarmass
from scarmass.api.errors import STATUS, install
from scarmass.domain import errors

STATUS_IN_VERSION_0_1_0 = {
    422: "GeometryInvalid SlicesNotParallel PositionsNotDistinct PromptInvalid PromptOutsideImage MaskMalformed "
    "MaskShapeMismatch ObjectRefused PixelsUndecodable SliceNotInStack",
    409: "InstanceConflict RevisionStale ClientIdReused NothingToUndo NothingToRedo NothingToAccept NothingToPropose "
    "NotExcluded",
    404: "StudyNotFound StackNotFound SliceNotFound ReadingNotFound",
    503: "DeviceOutOfMemory DatabaseUnavailable WeightsInvalid WeightsMissing",
}


def facts_below(fact: type[errors.Fact]) -> Iterator[type[errors.Fact]]:
    for below in fact.__subclasses__():
        yield below
        yield from facts_below(below)


FACTS = {fact.__name__: fact for fact in facts_below(errors.Fact)}


@pytest.fixture(scope="module")
def answers() -> Iterator[TestClient]:
    """An application whose one route raises the fact it is asked for."""
    app = FastAPI()
    install(app)

    @app.get("/{name}")
    def raise_fact(name: str) -> None:
        raise FACTS[name]("why it is so")

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_five_kinds_and_nothing_else_are_directly_a_fact() -> None:
    assert set(errors.Fact.__subclasses__()) == set(STATUS)
    source = Path(scarmass.__file__).parent
    assert [path.name for path in source.rglob("*.py") if re.search(r"class .*\bFact\b", path.read_text())] == [
        "kinds.py"
    ]


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_answered_with_the_status_of_its_one_kind(answers: TestClient, name: str) -> None:
    (status,) = [status for kind, status in STATUS.items() if issubclass(FACTS[name], kind)]
    answer = answers.get(f"/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"urn:scarmass:problem:{name}"
    assert (answer.json()["status"], answer.json()["detail"]) == (status, "why it is so")


@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for status, names in STATUS_IN_VERSION_0_1_0.items() for name in names.split()]
)
def test_a_fact_keeps_the_status_it_had_in_version_0_1_0(answers: TestClient, name: str, status: int) -> None:
    assert answers.get(f"/{name}").status_code == status

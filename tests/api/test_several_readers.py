"""Several readings of one stack by several readers, side by side."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.signing import ANNA, BERT, accept_all, edit, get, name_of, open_reading, problem_of, send, sign
from tests.conftest import upload

pytestmark = pytest.mark.slow


@pytest.fixture
def stack_id(client: TestClient, phantom_files: list[Path]) -> str:
    return upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]


def listed(client: TestClient, stack_id: str) -> list[dict]:
    return client.get(f"/api/v1/stacks/{stack_id}/readings").raise_for_status().json()["readings"]


def test_all_readers_share_the_stacks_draft_unless_they_ask_for_their_own(client: TestClient, stack_id: str) -> None:
    shared = open_reading(client, stack_id, ANNA)
    assert open_reading(client, stack_id, BERT)["id"] == shared["id"]
    own = open_reading(client, stack_id, BERT, own=True)
    assert (own["opened_with"], own["reader"], shared["reader"]) == (201, "Dr Bert (unauthenticated)", None)
    assert own["id"] != shared["id"]
    again = open_reading(client, stack_id, BERT, own=True)
    assert (again["id"], again["opened_with"]) == (own["id"], 200)
    assert open_reading(client, stack_id, BERT)["id"] == shared["id"]
    assert [(one["id"], one["reader"]) for one in listed(client, stack_id)] == [
        (shared["id"], None),
        (own["id"], "Dr Bert (unauthenticated)"),
    ]


def test_what_one_reader_does_is_not_in_anothers_reading(client: TestClient, stack_id: str) -> None:
    one = open_reading(client, stack_id, ANNA, own=True)
    other = open_reading(client, stack_id, BERT, own=True)
    edit(client, one, "no_scar", ANNA, **name_of(one, 3)).raise_for_status()
    assert get(client, other["id"])["slices"] == other["slices"]


def test_a_reading_that_another_reader_signed_is_read_anew_and_ones_own_is_opened(
    client: TestClient, stack_id: str
) -> None:
    signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))
    assert open_reading(client, stack_id, ANNA)["id"] == signed["id"]
    own = open_reading(client, stack_id, BERT)
    assert (own["state"], own["revision"], own["reader"]) == ("draft", 0, "Dr Bert (unauthenticated)")
    assert open_reading(client, stack_id, BERT)["id"] == own["id"]
    assert get(client, signed["id"]) == signed
    states = [(one["state"], one["version"]) for one in listed(client, stack_id)]
    assert states == [("signed", 1), ("draft", 1)]


def test_every_version_is_listed_and_the_worklist_tells_the_stacks_newest(client: TestClient, stack_id: str) -> None:
    signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))
    amended = send(client, signed, "amend").raise_for_status().json()
    open_reading(client, stack_id, BERT, own=True)
    found = listed(client, stack_id)
    assert [(one["state"], one["version"]) for one in found] == [("amended", 1), ("draft", 2), ("draft", 1)]
    assert found[0]["signature"] == signed["signature"]
    assert found[0]["mass_g"] == pytest.approx(signed["mass_g"])
    stacks = client.get("/api/v1/studies").json()["studies"][0]["stacks"]
    assert next(one for one in stacks if one["stack_id"] == stack_id)["reading_id"] == amended["id"]
    assert client.get("/api/v1/stacks/nowhere/readings").status_code == 404


def test_two_readings_are_compared_slice_by_slice(client: TestClient, stack_id: str) -> None:
    one = open_reading(client, stack_id, ANNA, own=True)
    other = open_reading(client, stack_id, BERT, own=True)
    edit(client, one, "no_scar", ANNA, **name_of(one, 3)).raise_for_status()
    edit(client, one, "exclude", ANNA, **name_of(one, 5)).raise_for_status()
    url = f"/api/v1/readings/{one['id']}/compare"
    found = client.get(url, params={"with": other["id"]}).raise_for_status().json()
    slices = found["slices"]
    assert [each["sop_instance_uid"] for each in slices] == [each["sop_instance_uid"] for each in one["slices"]]
    assert (slices[0]["dice"], slices[3]["dice"], slices[5]["dice"], slices[5]["one"]) == (1, 0, None, None)
    assert slices[0]["difference"]["by_slice_thickness"]["mass_g"] == 0
    lost = other["slices"][3]["mass"]["by_slice_spacing"]["mass_g"]
    assert slices[3]["difference"]["by_slice_spacing"]["mass_g"] == pytest.approx(-lost)
    both = [each for each in slices if each["dice"] is not None]
    shared = 2 * sum(other["slices"][index]["area_mm2"] for index in range(len(slices)) if index not in (3, 5))
    total = sum(each[of]["area_mm2"] for each in both for of in ("one", "other"))
    assert found["dice"] == pytest.approx(shared / total)
    for extent in ("by_slice_thickness", "by_slice_spacing"):
        grams = [found[of]["totals"][extent]["mass_g"] for of in ("one", "other")]
        assert found["difference"][extent]["mass_g"] == pytest.approx(grams[0] - grams[1])
        assert grams[1] == pytest.approx(other["totals"][extent]["mass_g"])


def test_readings_of_two_stacks_are_not_compared(
    client: TestClient, stack_id: str, other_phantom_files: list[Path]
) -> None:
    elsewhere = upload(client, other_phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    one, other = open_reading(client, stack_id, ANNA), open_reading(client, elsewhere, ANNA)
    answer = client.get(f"/api/v1/readings/{one['id']}/compare", params={"with": other["id"]})
    assert problem_of(answer) == (422, "ReadingsOfOtherStacks")
    nobody = client.get(f"/api/v1/readings/{one['id']}/compare", params={"with": str(uuid.uuid4())})
    assert problem_of(nobody) == (404, "ReadingNotFound")

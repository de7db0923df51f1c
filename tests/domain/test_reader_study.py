"""What each reader of a reader study reads, in which order, and what comes of it."""

import uuid
from collections import Counter
from typing import Any

import numpy as np
import pytest

from scarmass.domain.errors import NotReaderOfStudy, ReaderStudyInvalid
from scarmass.domain.mass import Mass, MassExtent, Quantity
from scarmass.domain.reader_study import Arm, Opened, ReaderStudy, key_of, progress
from scarmass.domain.reader_study_results import (
    Between,
    Measurement,
    MeasurementSet,
    agreement,
    comparisons,
    grams,
    summaries,
)

WITH, WITHOUT = Arm.WITH_PROPOSALS, Arm.WITHOUT_PROPOSALS
STUDY_ID = uuid.UUID(int=1)


def reader_study(**fields: Any) -> ReaderStudy:
    named = {"id": STUDY_ID, "name": "Agreement", "stack_ids": ("a", "b", "c", "d"), "readers": ("Anna", "Bert")}
    return ReaderStudy(**{**named, **fields})


def read_by(study: ReaderStudy, reader: str) -> list[tuple[str, Arm, int]]:
    return [(one.stack_id, one.arm, one.repeat) for one in study.assignments(reader)]


def test_without_a_seed_every_reader_reads_the_stacks_in_the_studys_order() -> None:
    study = reader_study()
    assert [one.stack_id for one in study.assignments("Anna")] == ["a", "b", "c", "d"]
    assert [(one.number, one.of) for one in study.assignments("Bert")] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_arms_and_repeats_are_read_in_rounds_of_all_stacks() -> None:
    study = reader_study(stack_ids=("a", "b"), arms=(WITHOUT, WITH), repeats=2)
    assert read_by(study, "Anna") == [
        *(("a", WITHOUT, 1), ("b", WITHOUT, 1), ("a", WITH, 1), ("b", WITH, 1)),
        *(("a", WITHOUT, 2), ("b", WITHOUT, 2), ("a", WITH, 2), ("b", WITH, 2)),
    ]


def test_where_arms_alternate_half_of_the_patients_begin_with_each_and_the_next_reader_the_other_way_round() -> None:
    study = reader_study(arms=(WITHOUT, WITH), alternates=True)
    first = {reader: [one.arm for one in study.assignments(reader)[:4]] for reader in study.readers}
    assert first == {"Anna": [WITHOUT, WITH, WITHOUT, WITH], "Bert": [WITH, WITHOUT, WITH, WITHOUT]}
    assert Counter((one.stack_id, one.arm) for one in study.assignments("Anna")) == Counter(
        (stack_id, arm) for stack_id in "abcd" for arm in Arm
    )


def test_a_seed_shuffles_each_round_of_each_reader_anew_and_always_alike() -> None:
    stacks = tuple(f"stack-{number}" for number in range(45))
    study = reader_study(stack_ids=stacks, arms=(WITHOUT, WITH), seed=7)
    assert read_by(study, "Anna") == read_by(reader_study(stack_ids=stacks, arms=(WITHOUT, WITH), seed=7), "Anna")
    orders = [
        tuple(one.stack_id for one in study.assignments(reader)[start : start + 45])
        for reader in study.readers
        for start in (0, 45)
    ]
    assert len({stacks, *orders}) == 5
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(stacks))}
    assert read_by(reader_study(stack_ids=stacks, seed=8), "Anna") != read_by(study, "Anna")[:45]


def test_the_shuffled_order_is_the_same_for_ever() -> None:
    """A study that is under way must go on in its order, whatever is upgraded."""
    study = reader_study(stack_ids=("a", "b", "c", "d", "e"), seed=1)
    assert "".join(one.stack_id for one in study.assignments("Anna")) == "aecbd"
    assert "".join(one.stack_id for one in study.assignments("Bert")) == "dacbe"


def test_only_its_readers_read_in_a_study() -> None:
    with pytest.raises(NotReaderOfStudy):
        reader_study().assignments("Cleo")
    with pytest.raises(NotReaderOfStudy, match="Anna"):
        reader_study().assignments("Anna")[0].require_reader("Bert")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"stack_ids": ()},
        {"stack_ids": ("a", "a")},
        {"readers": ()},
        {"readers": ("Anna", "Anna")},
        {"arms": ()},
        {"arms": (WITH, WITH)},
        {"repeats": 0},
        {"repeats": 6},
        {"readers": tuple(map(str, range(21)))},
    ],
)
def test_a_study_that_cannot_be_read_is_refused(fields: dict) -> None:
    with pytest.raises(ReaderStudyInvalid):
        reader_study(**fields)


def test_progress_counts_what_is_signed_and_goes_on_with_the_first_that_is_not() -> None:
    study = reader_study()
    first, second, third, _ = study.assignments("Anna")
    opened = {key_of(first): Opened(uuid.uuid4(), True), key_of(second): Opened(uuid.uuid4(), False)}
    assert (progress(study, "Anna", opened).done, progress(study, "Anna", opened).next) == (1, second)
    opened[key_of(second)] = Opened(uuid.uuid4(), True)
    assert progress(study, "Anna", opened).next == third
    everything = {key_of(one): Opened(uuid.uuid4(), True) for one in study.assignments("Anna")}
    assert (progress(study, "Anna", everything).done, progress(study, "Anna", everything).next) == (4, None)


def measured(study: ReaderStudy, grams_of: dict[tuple[str, str, Arm, int], float]) -> list[Measurement]:
    """Measurements of so many grams by thickness and half of them by spacing, in a minute a gram."""
    return [
        Measurement(one, uuid.uuid4(), Mass(Quantity(mass, mass), Quantity(mass / 2, mass / 2)), 60 * mass)
        for one in study.all_assignments
        if (mass := grams_of.get(key_of(one))) is not None
    ]


def test_readers_are_compared_in_each_arm_arms_by_each_reader_and_repeats_within_both() -> None:
    study = reader_study(readers=("Anna", "Bert", "Cleo"), arms=(WITHOUT, WITH), repeats=2)
    every = comparisons(study)
    assert Counter(one.between for one in every) == {Between.READERS: 2 * 4, Between.ARMS: 3, Between.REPEATS: 6}
    assert [len(one.sets) for one in every[:4]] == [3, 2, 2, 2]
    assert every[1].sets == (MeasurementSet("Anna", WITHOUT, 1), MeasurementSet("Bert", WITHOUT, 1))
    assert every[8].sets == (MeasurementSet("Anna", WITHOUT, 1), MeasurementSet("Anna", WITH, 1))
    assert every[11].sets == (MeasurementSet("Anna", WITHOUT, 1), MeasurementSet("Anna", WITHOUT, 2))


def test_one_reader_with_one_way_and_one_reading_compares_nothing() -> None:
    assert comparisons(reader_study(readers=("Anna",))) == ()


def test_patients_that_one_of_the_sets_lacks_are_left_out_of_its_comparison() -> None:
    study = reader_study()
    found = measured(
        study,
        {
            **{("Anna", stack, WITH, 1): mass for stack, mass in (("a", 2.0), ("b", 4), ("c", 6), ("d", 8))},
            **{("Bert", stack, WITH, 1): mass for stack, mass in (("a", 1.0), ("b", 2), ("c", 3))},
        },
    )
    (comparison,) = comparisons(study)
    assert grams(comparison, found, MassExtent.SLICE_THICKNESS).tolist() == [[2, 1], [4, 2], [6, 3]]
    assert grams(comparison, found, MassExtent.SLICE_SPACING).tolist() == [[1, 0.5], [2, 1], [3, 1.5]]
    agreed = agreement(grams(comparison, found, MassExtent.SLICE_THICKNESS))
    assert agreed is not None
    assert agreed.bias is not None
    assert (agreed.n, agreed.bias.value) == (3, pytest.approx(2))


def test_fewer_than_three_patients_tell_no_agreement() -> None:
    assert agreement(np.array([[1.0, 2], [3, 4]])) is None


def test_more_than_two_sets_have_one_icc_and_no_limits() -> None:
    found = agreement(np.array([[1.0, 2, 2], [3, 4, 5], [8, 7, 9]]))
    assert found is not None
    assert (found.bias, found.lower_limit, found.upper_limit) == (None, None, None)
    assert 0.8 < found.icc.value < 1


def test_a_set_tells_how_many_it_has_its_mean_mass_and_its_seconds_a_patient() -> None:
    study = reader_study(readers=("Anna",))
    found = measured(study, {("Anna", stack, WITH, 1): mass for stack, mass in (("a", 1.0), ("b", 2), ("c", 6))})
    (summary,) = summaries(study, found)
    assert (summary.n, summary.of) == (3, 4)
    assert summary.mean_mass_g == {MassExtent.SLICE_THICKNESS: 3, MassExtent.SLICE_SPACING: 1.5}
    assert (summary.mean_seconds, summary.median_seconds) == (180, 120)

"""Other weights serve, and those before again: what is stored, recorded and refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scarmass.domain.audit import Action, Sought
from scarmass.domain.errors import ModelChangedMeanwhile, ModelServesAlready, NothingPromoted
from scarmass.domain.promotion import ModelKind, Promotion
from scarmass.domain.protocols import Model
from scarmass.services import promotions
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.storage.orphans import sweep
from tests.models import weights_file

pytestmark = pytest.mark.slow

COMPARISON = {"patients": 8, "dataset_sha256": "d" * 64}


SHIPPED_OF = {kind: Model(f"shipped {kind}", "0" * 64) for kind in ModelKind}
SHIPPED = SHIPPED_OF[ModelKind.SEGMENTER]


def promote(
    context: Context,
    weights: Path,
    model: Model,
    compared_with: Model = SHIPPED,
    beside: Model = SHIPPED_OF[ModelKind.DETECTOR],
) -> Promotion:
    return promotions.promote(
        context.database,
        context.files,
        ModelKind.SEGMENTER,
        weights,
        model,
        {ModelKind.SEGMENTER: compared_with, ModelKind.DETECTOR: beside},
        SHIPPED_OF,
        "Anna",
        COMPARISON,
    )


def serving(context: Context, kind: ModelKind = ModelKind.SEGMENTER) -> Model | None:
    return promotions.promoted_model(context.database, kind)


def test_what_is_promoted_serves_and_is_stored_with_who_did_so_and_why(context: Context, tmp_path: Path) -> None:
    file, model = weights_file(tmp_path, "ours")
    promote(context, file, model)
    assert serving(context) == model
    assert serving(context, ModelKind.DETECTOR) is None
    assert context.files.get(model.sha256) == file.read_bytes()
    (told,) = promotions.page_of_promotions(context.database, 10)
    assert (told.model, told.replaced, told.author, told.comparison) == (model, SHIPPED, "Anna", COMPARISON)


def test_each_step_back_uncovers_what_served_before(context: Context, tmp_path: Path) -> None:
    first, second = (weights_file(tmp_path, name) for name in ("first", "second"))
    promote(context, *first)
    promote(context, *second, compared_with=first[1])
    backs = [promotions.go_back(context.database, ModelKind.SEGMENTER, SHIPPED, "Bert") for _ in range(2)]
    assert backs == [first[1], SHIPPED]
    assert serving(context) is None
    with pytest.raises(NothingPromoted):
        promotions.go_back(context.database, ModelKind.SEGMENTER, SHIPPED, "Bert")
    told = promotions.page_of_promotions(context.database, 10)
    assert [(one.model, one.replaced) for one in told] == [
        (None, first[1]),
        (None, second[1]),
        (second[1], first[1]),
        (first[1], SHIPPED),
    ]


def test_what_was_compared_with_something_that_serves_no_more_is_refused(context: Context, tmp_path: Path) -> None:
    promote(context, *weights_file(tmp_path, "first"))
    with pytest.raises(ModelChangedMeanwhile):
        promote(context, *weights_file(tmp_path, "second"))
    with pytest.raises(ModelChangedMeanwhile):
        promote(context, *weights_file(tmp_path, "third"), compared_with=SHIPPED, beside=Model("gone", "e" * 64))


def test_of_two_that_are_promoted_at_once_one_is_told_that_it_was_compared_with_something_else(
    context: Context, tmp_path: Path
) -> None:
    made = [weights_file(tmp_path, name) for name in ("first", "second")]

    def outcome(one: tuple[Path, Model]) -> str:
        try:
            return str(promote(context, *one).model)
        except ModelChangedMeanwhile:
            return "changed meanwhile"

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(outcome, made))
    assert sorted(outcomes) == sorted([str(serving(context)), "changed meanwhile"])


def test_weights_are_stored_whole_where_a_damaged_object_has_their_name(context: Context, tmp_path: Path) -> None:
    file, model = weights_file(tmp_path, "ours")
    promote(context, file, model)
    promotions.go_back(context.database, ModelKind.SEGMENTER, SHIPPED, "Anna")
    next(context.files.root.rglob(model.sha256)).write_bytes(b"damaged")
    promote(context, file, model)
    assert context.files.get(model.sha256) == file.read_bytes()


def test_what_serves_already_and_a_file_that_was_changed_are_refused(context: Context, tmp_path: Path) -> None:
    file, model = weights_file(tmp_path, "first")
    with pytest.raises(ModelChangedMeanwhile):
        promote(context, file, Model("first", "f" * 64))
    assert serving(context) is None
    promote(context, file, model)
    with pytest.raises(ModelServesAlready):
        promote(context, file, model, compared_with=model)


def test_promoted_weights_are_no_orphans_also_once_they_were_gone_back_on(context: Context, tmp_path: Path) -> None:
    _, model = made = weights_file(tmp_path, "ours")
    promote(context, *made)
    promotions.go_back(context.database, ModelKind.SEGMENTER, SHIPPED, "Anna")
    context.files.put(b"weights of a promotion that was cut off")
    assert sweep(context.database, context.files) == 1
    assert set(context.files.names()) == {model.sha256}


def test_the_audit_trail_tells_every_change(context: Context, tmp_path: Path) -> None:
    _, model = made = weights_file(tmp_path, "ours")
    promote(context, *made)
    promotions.go_back(context.database, ModelKind.SEGMENTER, SHIPPED, "Bert")
    events = [one.event for one in page_of_events(context, Sought(actions=(Action.PROMOTE,)), 10, None)]
    ours, shipped = (f"{one.name} {one.sha256}" for one in (model, SHIPPED))
    told = [(one.person, one.about["model"], one.about["replaced"]) for one in reversed(events)]
    assert told == [("Anna", ours, shipped), ("Bert", shipped, ours)]

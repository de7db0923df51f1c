"""Which weights serve is changed, and gone back on; with who did so, why, and its audit event in one transaction."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from scarmass.domain.audit import Action, Event
from scarmass.domain.errors import FileDamaged, ModelChangedMeanwhile, ModelServesAlready, NothingPromoted
from scarmass.domain.promotion import ModelKind, Promotion
from scarmass.domain.protocols import Model
from scarmass.storage import audit, promotions
from scarmass.storage.database import Database
from scarmass.storage.documents import Json
from scarmass.storage.files import FileStore
from scarmass.storage.orphans import hold_files


def promote(
    database: Database,
    files: FileStore,
    kind: ModelKind,
    weights: Path,
    model: Model,
    compared_with: Mapping[ModelKind, Model],
    shipped: Mapping[ModelKind, Model],
    author: str,
    comparison: Json,
) -> Promotion:
    """Store the weights' file and let them serve; servers that run are woken.

    compared_with: what served when the comparison was made, of each kind that the settings leave to promotions.
    shipped: what serves where nothing is promoted. Raises ModelServesAlready, ModelChangedMeanwhile, StorageFull.
    """
    content = weights.read_bytes()
    if sha256(content).hexdigest() != model.sha256:
        raise ModelChangedMeanwhile(f"{weights.name} is no longer the file that was compared")
    with database.transaction() as session:
        promotions.lock(session)
        serving = {each: promotions.promoted_model(session, each) or shipped[each] for each in compared_with}
        if serving[kind].sha256 == model.sha256:
            raise ModelServesAlready(f"{model.name} serves already")
        for each, before in compared_with.items():
            if serving[each].sha256 != before.sha256:
                raise ModelChangedMeanwhile(f"{serving[each].name} serves as {each} now: compare {model.name} anew")
        hold_files(session)
        _store(files, content, model)
        made = promotions.add(session, kind, model, serving[kind], author, comparison)
        audit.append(session, [_event(made, model)])
    return made


def go_back(database: Database, kind: ModelKind, shipped: Model, author: str) -> Model:
    """Let serve what served before the last promotion; answers what that is. Raises NothingPromoted."""
    with database.transaction() as session:
        promotions.lock(session)
        serving = promotions.promoted_model(session, kind)
        if serving is None:
            raise NothingPromoted(f"{shipped.name} serves, as it was shipped: there is nothing to go back to")
        made = promotions.add(session, kind, None, serving, author, None)
        model = promotions.promoted_model(session, kind) or shipped
        audit.append(session, [_event(made, model)])
    return model


def promoted_model(database: Database, kind: ModelKind) -> Model | None:
    """None where what is shipped serves."""
    with database.transaction() as session:
        return promotions.promoted_model(session, kind)


def page_of_promotions(database: Database, limit: int, before: int | None = None) -> list[Promotion]:
    """The newest first, at most limit; before: the number that the page before ended with."""
    with database.transaction() as session:
        return promotions.page(session, limit, before)


def told(kind: ModelKind, serves: Model, replaced: Model) -> dict[str, str]:
    """What the audit trail says of it."""
    names = {"model": serves, "replaced": replaced}
    return {"kind": kind.value, **{name: f"{model.name} {model.sha256}" for name, model in names.items()}}


def _store(files: FileStore, content: bytes, model: Model) -> None:
    """Also over an object that was damaged, which would be taken for the same."""
    if files.has(model.sha256) and not _is_whole(files, model):
        files.remove([model.sha256])
    files.put(content)


def _is_whole(files: FileStore, model: Model) -> bool:
    try:
        return sha256(files.get(model.sha256)).hexdigest() == model.sha256
    except FileDamaged:
        return False


def _event(made: Promotion, serves: Model) -> Event:
    return Event(Action.PROMOTE, made.author, about=told(made.kind, serves, made.replaced))

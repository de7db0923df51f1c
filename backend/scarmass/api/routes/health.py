"""Is the process alive, and can it work?"""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from scarmass.api.dependencies import InContext
from scarmass.api.errors import problem
from scarmass.api.schemas.common import Model

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives. Not in the thread pool, where it would queue behind other requests."""
    return {"status": "alive"}


@router.get("/readyz", response_model=None)
def readyz(context: InContext) -> dict | JSONResponse:
    """Database and object store reachable, the former migrated, models loaded (the process always holds some).

    Full storage is told, and no reason to be asked no more: what is stored can be read. So are models on other machines
    that do not answer.
    """
    if not context.database.is_ready():
        return problem(503, "DatabaseNotReady", "Database not ready", "PostgreSQL does not answer")
    context.files.require_ready()
    models = {"detector": context.detector.model, "segmenter": context.segmenter.model}
    storage = context.files.room.usage()
    told = {
        "has_room": storage.has_room_for(1),
        "stored_bytes": storage.stored if storage.largest is not None else None,
        "largest_bytes": storage.largest,
        "free_bytes": storage.free,
        "least_free_bytes": storage.least_free,
    }
    return {
        "status": "ready",
        "storage": told,
        "models": {role: Model.of(of).model_dump() for role, of in models.items()},
        "models_answer": context.models_answer(),
    }

"""What the server tells of itself, for Prometheus."""

from fastapi import APIRouter, Response

from scarmass.api.dependencies import CanMonitor, InContext
from scarmass.services.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
def get_metrics(_: CanMonitor, context: InContext) -> Response:
    """Requests, models' times, queues, caches and the database: counts and times, nothing of any patient."""
    return Response(context.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

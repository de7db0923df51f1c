"""The FastAPI application, made from the services' context."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from scarmass.api import errors
from scarmass.api.audit_trail import AuditTrail
from scarmass.api.bounds import BodyBounds, Share
from scarmass.api.guard import Guard
from scarmass.api.headers import StrictHeaders
from scarmass.api.metering import Metering
from scarmass.api.origin import Forwarded
from scarmass.api.routes import (
    audit,
    deletions,
    dicomweb,
    events,
    health,
    methods,
    metrics,
    models,
    pacs,
    pages,
    people,
    promotions,
    provider,
    reader_studies,
    readings,
    reports,
    segmentations,
    segments17,
    session,
    signing,
    slices,
    stacks,
    studies,
)
from scarmass.api.shares import Shares, Sharing
from scarmass.api.sign_in import SignIn
from scarmass.api.static_files import STATIC, STATIC_FILES
from scarmass.services.audit import Trail
from scarmass.services.context import Context
from scarmass.services.readings.open import EmbeddingAhead

OFF = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
"""Of FastAPI's own telemetry, which would tell exceptions with their words wherever OpenTelemetry is set up."""

ROUTES = APIRouter(responses=errors.PROBLEM_RESPONSES)
"""Every route but that of the metrics. What FastAPI makes of their signatures is made once for all applications."""

_of_images = (studies, deletions, stacks, slices, models, promotions)
_of_readings = (readings, methods, segments17, segmentations, signing, reports)
_of_network = (pacs, dicomweb)
_of_access = (session, people, provider, audit)
for _module in (*_of_images, *_of_readings, reader_studies, *_of_network, events, *_of_access, health, pages):
    ROUTES.include_router(_module.router)
ROUTES.include_router(pacs.of_readings)


THIS_MACHINE = ("127.0.0.1", "localhost")
"""Names that nobody else can have, by which a container's health check asks."""


class Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        context = self.state.context
        strict = StrictHeaders(
            super().build_middleware_stack(), context.login is not None and context.login.is_encrypted
        )
        return Metering(strict, context.metrics, self.routes)


def create_app(
    context: Context,
    worker: AbstractContextManager[None],
    body_bounds: BodyBounds = BodyBounds(),
    allowed_hosts: Sequence[str] = ("*",),
    trusted_proxies: Sequence[str] = (),
    share: Share = Share(),
    *,
    serves_metrics: bool = True,
    telemetry: TelemetryConfig = OFF,
) -> FastAPI:
    """The application; the worker, which prepares readings, works while it runs.

    serves_metrics: false where these have a port of their own. telemetry: what is traced.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        embedding_ahead = app.state.embedding_ahead = EmbeddingAhead(context)
        with context.notifications, context.forgetting(app.state.audit_trail.forget), worker:
            yield
        embedding_ahead.stop()

    app = Application(
        title="ScarMass",
        version="1",
        description="Myocardial scar mass from LGE cardiac MR. For research use only; not a cleared medical device.",
        docs_url=None,
        redoc_url=None,
        routes=list(ROUTES.routes),
        lifespan=lifespan,
        responses=errors.PROBLEM_RESPONSES,
        telemetry=telemetry,
    )
    app.state.context = context
    app.state.audit_trail = Trail(context)
    shares = app.state.shares = Shares(share)
    app.add_middleware(Sharing, require=shares.require_request_of_person)
    app.add_middleware(SignIn, context=context)
    app.add_middleware(AuditTrail)
    app.add_middleware(Guard, bounds=body_bounds)
    app.add_middleware(Sharing, require=shares.require_request_of_address)
    # A foreign name that resolves to this machine would make its pages count as same-origin.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*allowed_hosts, *THIS_MACHINE])
    app.add_middleware(Forwarded, trusted=trusted_proxies)
    errors.install(app)
    if serves_metrics:
        app.include_router(metrics.router)
    app.mount(STATIC, STATIC_FILES, name="static")
    return app

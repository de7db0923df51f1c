"""Traces of requests and of the database's statements, by OpenTelemetry: off, unless its own variables name a receiver.

OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) switches it on; OTEL_SERVICE_NAME and the others
mean what they mean everywhere. The `otel` extra brings the packages.
"""

import os
from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine

from scarmass.api.app import OFF
from scarmass.domain.errors import ExtraNotInstalled

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
OF_ADDRESS = ("url.path", "url.query")
"""Attributes that repeat what was asked for: UIDs, and the name of a patient who is looked for."""
NOT_TOLD = "not told"


def open_telemetry(engine: Engine, exporter: "SpanExporter | None" = None) -> TelemetryConfig:
    """What the application is to trace; its database is traced from now on. exporter: in the place of a receiver.

    Raises ExtraNotInstalled.
    """
    if exporter is None and not any(map(os.environ.get, ENDPOINTS)):
        return OFF
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        missing = "the environment asks for traces, and their packages are missing: pip install 'scarmass[otel]'"
        raise ExtraNotInstalled(missing) from error

    class WithoutAddress(SpanProcessor):
        def on_start(self, span, parent_context=None) -> None:
            for name in OF_ADDRESS:
                if name in (span.attributes or {}):
                    span.set_attribute(name, NOT_TOLD)

    provider = TracerProvider()
    provider.add_span_processor(WithoutAddress())
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    # It names no version as new as ours, and traces it nevertheless, as a test sees.
    SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
    return TelemetryConfig(tracer_provider=provider, metrics=False, logs=False, auto_configure=False)

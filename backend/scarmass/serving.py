"""The server as a process: from its start until it is told to stop, or its PostgreSQL is lost."""

import faulthandler
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from types import FrameType

import uvicorn
from prometheus_client import start_http_server

from scarmass.domain.errors import Away
from scarmass.garbage import collected_between_instructions
from scarmass.listener import beside
from scarmass.logs import set_up_logs
from scarmass.main import console, open_context, open_listening, open_spool, open_storage
from scarmass.promotion_follower import following_promotions
from scarmass.services.audit_server import recorded_run
from scarmass.services.context import Context
from scarmass.services.metrics import Metrics
from scarmass.services.metrics_of_state import StateOf
from scarmass.settings import Settings
from scarmass.storage.orphans import sweep
from scarmass.worker import Worker

LEAVING_S = 1.0


def serve(settings: Settings) -> None:
    """Run the server until it is told to stop, or its PostgreSQL is lost; everything it started stops with it.

    Raises SecretTooShort, LoginMissing, LoginUnsafe.
    """
    set_up_logs()
    faulthandler.enable()  # where native code crashes, the log says in which functions
    _ = settings.pseudonyms
    if settings.models is not None:
        _ = settings.token_of_models
    settings.login.require_safe(settings.host, settings.allowed_hosts)
    _require_free_port(settings.host, settings.port, "PORT")
    if settings.metrics_port is not None:
        _require_free_port(str(settings.metrics_host), settings.metrics_port, "SCARMASS_METRICS_PORT")
    # Every request thread gets OpenMP threads of its own; those that wait must not spin on the others' cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGTERM, _stop)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a file: many may be open at once
    try:
        with open_storage(settings) as (database, files), suppress(KeyboardInterrupt), beside(open_listening(settings)):
            if count := sweep(database, files):
                console.print(f"Removed {count} files and folders of imports that were cut off")
            if spool := open_spool(settings):
                spool.sweep()
            context = open_context(settings, database, files)
            console.print(f"{context.segmenter.model.name} runs on {context.segmenter.device_and_precision}")
            context.metrics.registry.register(StateOf(context))
            with (
                collected_between_instructions(),
                recorded_run(database, settings.model_dump(mode="json"), version=version("scarmass")),
                _measured(settings, context.metrics),
                following_promotions(settings, context),
            ):
                _server(settings, context).run()
        console.print("Stopping")
        _leave(0)
    except Away as error:
        console.print(f"ScarMass ends: {error}")
        _leave(1)
        sys.exit(1)


def _server(settings: Settings, context: Context) -> uvicorn.Server:
    from scarmass.api.app import create_app
    from scarmass.api.connections import BoundedConnection
    from scarmass.api.server import FINISHING_S, Server
    from scarmass.telemetry import open_telemetry

    proxies = [str(one) for one in settings.trusted_proxies]
    bounds = settings.body_bounds, settings.allowed_hosts, proxies, settings.share
    telemetry = open_telemetry(context.database.engine)
    serves_metrics = settings.metrics_port is None
    app = create_app(context, Worker(context), *bounds, serves_metrics=serves_metrics, telemetry=telemetry)
    console.print(f"ScarMass is at [bold]http://{settings.host}:{settings.port}[/]  (Ctrl-C stops it)")
    console.print(f"Its files are in {settings.data_dir}", soft_wrap=True)
    return Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=BoundedConnection,
            ws="none",
            proxy_headers=False,  # uvicorn would believe every program on this machine
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=FINISHING_S,
            server_header=False,
        ),
        context.stop,
    )


@contextmanager
def _measured(settings: Settings, metrics: Metrics) -> Iterator[None]:
    """The metrics at a port of their own as long as the block, where the settings name one: without login."""
    if settings.metrics_port is None:
        yield
        return
    server, thread = start_http_server(settings.metrics_port, str(settings.metrics_host), metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _require_free_port(host: str, port: int, setting: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            console.print(f"Port {port} of {host} is taken: set {setting} to another one.")
            sys.exit(1)


def _leave(status: int) -> None:
    """End the process soon, also where threads are at work that nobody waits for: all they do is safe to break off."""
    end = threading.Timer(LEAVING_S, os._exit, (status,))
    end.daemon = True
    end.start()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM as an exception, so that what was started is stopped on the way out."""
    raise KeyboardInterrupt

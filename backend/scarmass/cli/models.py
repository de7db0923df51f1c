"""The command line of models on a machine of their own."""

import signal
from typing import Annotated

import typer

from scarmass.cli.extras import require_extra
from scarmass.logs import set_up_logs
from scarmass.main import console
from scarmass.settings import Settings


def models(
    replicas: Annotated[int, typer.Option(min=1, help="processes with models, each with a GPU if there is any")] = 1,
    address: Annotated[str, typer.Option(help="of this machine, in a network of its own")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="of SCARMASS_MODELS=ray://address:port")] = 8100,
    cluster_port: Annotated[int, typer.Option(min=1024, max=65000, help="the first of those that Ray uses")] = 6379,
    join: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="the first machine, at the port of Ray")] = None,
) -> None:
    """Run models for servers elsewhere, until it is ended (settings come from the environment)."""
    require_extra("remote")
    from scarmass.inference.remote.cluster import Machine
    from scarmass.replicas import join as join_cluster
    from scarmass.replicas import run_replicas

    set_up_logs()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    machine = Machine(address, cluster_port, join)
    try:
        if join is not None:
            join_cluster(Settings(), machine)
        else:
            told = f"{replicas} replicas answer at ray://{address}:{port}  (Ctrl-C stops them)"
            run_replicas(Settings(), machine, port, replicas, started=lambda: console.print(told))
    except KeyboardInterrupt:
        console.print("Stopping")
    else:
        console.print("Ray has ended")
        raise typer.Exit(1)

"""A machine of the cluster that replicas run in, and Ray Serve on the first one.

Ray is imported once its environment is set.

Ray's own ports follow each other, so that a firewall can name them.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scarmass.domain.errors import ModelsUnavailable
from scarmass.inference.remote.tokens import token_of_cluster

if TYPE_CHECKING:
    from ray.serve import Application

STARTING_S = 180.0
ENDING_S = 3.0
"""For a machine that leaves the cluster, which moves elsewhere what it can: requests that it had are asked again."""
PR_SET_PDEATHSIG = 1
OBJECT_STORE_BYTES = 2**28
WORKER_PORTS = 200
NODE_PORTS = (
    "port",
    "node-manager-port",
    "object-manager-port",
    "runtime-env-agent-port",
    "dashboard-agent-grpc-port",
    "dashboard-agent-listen-port",
    "metrics-export-port",
    "ray-client-server-port",
    "dashboard-port",
)
"""As options of `ray start`; they get a machine's port and those after it, workers the ones after these."""
OF_THE_FIRST = {"port", "ray-client-server-port", "dashboard-port"}


@dataclass(frozen=True)
class Machine:
    """address: of this machine, for the others of the cluster. port: the first of Ray's. first: address:port of the
    first machine, None where this is it; at 127.0.0.1 it is the only one. processors: None for all there are."""

    address: str
    port: int
    first: str | None = None
    processors: int | None = None


def set_environment(secret: str, address: str) -> None:
    """What Ray reads when it is imported: it tells nobody, and lets nobody in who has not the token.

    secret: what servers and replicas share.
    """
    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token_of_cluster(secret),
        # A replica on a busy machine says later than after 0.1 s how much it has to do, and would be sent nothing.
        "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "1",
        "RAY_SERVE_MAX_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "5",
    }
    if address == "127.0.0.1":
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # Ray takes another address than this otherwise


@contextmanager
def node(machine: Machine) -> Iterator[subprocess.Popen]:
    """This machine's part of the cluster, for as long as the block; the process ends where that does.

    Ray's log files lie in a temporary folder that goes with it.
    """
    folder = tempfile.mkdtemp(prefix="scarmass-ray-")  # short: sockets in it have paths of 107 characters at most
    process = subprocess.Popen(_command(machine, folder), stdout=subprocess.DEVNULL, preexec_fn=_end_with_us)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def joined(machine: Machine) -> Iterator[None]:
    """This process is one of the cluster's, as long as the block. Raises ModelsUnavailable where it does not start."""
    import ray

    _join(f"{machine.address}:{machine.port}")
    try:
        yield
    finally:
        ray.shutdown()


def serve_at(address: str, port: int, application: "Application") -> None:
    """Have Ray Serve run replicas, on this machine and those that join it, and answer for them at this address."""
    from ray import serve

    serve.start(
        proxy_location="HeadOnly",
        http_options={"host": address, "port": port},
        logging_config={"enable_access_log": False},
    )
    serve.run(application, name="models", route_prefix="/")


def gpus() -> float:
    """How many the cluster has."""
    import ray

    return ray.cluster_resources().get("GPU", 0.0)


def _end_with_us() -> None:
    """However this process ends, the machine's part of the cluster does not outlive it (where Linux sees to it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _command(machine: Machine, folder: str) -> list[str]:
    ports = {name: machine.port + place for place, name in enumerate(NODE_PORTS)}
    ports["min-worker-port"] = machine.port + len(NODE_PORTS)
    ports["max-worker-port"] = ports["min-worker-port"] + WORKER_PORTS - 1
    options: dict[str, object] = {"node-ip-address": machine.address, "object-store-memory": OBJECT_STORE_BYTES}
    if machine.processors is not None:
        options["num-cpus"] = machine.processors
    if machine.first is None:
        options |= {"include-dashboard": "false", "temp-dir": folder}
    else:
        ports = {name: port for name, port in ports.items() if name not in OF_THE_FIRST}
        options["address"] = machine.first
    told = [f"--{name}={value}" for name, value in (options | ports).items()]
    head = ["--head"] if machine.first is None else []
    return [sys.executable, "-m", "ray.scripts.scripts", "start", *head, *told, "--disable-usage-stats", "--block"]


def _join(first: str) -> None:
    """Make this process one of the cluster's, once it is there."""
    import ray

    end = time.monotonic() + STARTING_S
    while True:
        try:
            ray.init(first, log_to_driver=True)
            return
        except (ConnectionError, RuntimeError, ValueError) as error:
            ray.shutdown()
            if time.monotonic() > end:
                raise ModelsUnavailable(f"Ray did not start: {type(error).__name__}") from error
            time.sleep(1)

"""A service that speaks the S3 API, in a thread of the tests, with buckets that keep versions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from scarmass.storage.bucket import Bucket

PREFIX = "site/"


@dataclass(frozen=True)
class ObjectService:
    endpoint: str
    _numbers: Iterator[int] = field(default_factory=count)

    def new_bucket(self, *, keeps_versions: bool = True) -> Bucket:
        bucket = Bucket(f"bucket-{next(self._numbers)}", PREFIX, self.endpoint, access_key="key", secret="of nobody")
        client = bucket.client()
        client.create_bucket(Bucket=bucket.name)
        if keeps_versions:
            client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        return bucket


def versions_in(bucket: Bucket) -> list[dict[str, Any]]:
    """All that is left in it, with what only says that something was deleted."""
    found = bucket.client().list_object_versions(Bucket=bucket.name)
    return [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]


@contextmanager
def object_service_running() -> Iterator[ObjectService]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield ObjectService(f"http://{host}:{port}")
    finally:
        server.stop()

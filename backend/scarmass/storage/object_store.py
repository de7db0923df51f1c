"""Stored files in a bucket of an object store: a key is the bucket's prefix and the sha256 of the bytes.

Each file is one request, never an upload of several parts, so that it is there whole or not at all.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from scarmass.domain.errors import Fact, FileDamaged, FileRefused, StorageFull, StoreUnavailable
from scarmass.storage.bucket import CONNECTIONS, Bucket
from scarmass.storage.files import PIECE_BYTES, Received, SharedStore

AT_ONCE = CONNECTIONS // 2
"""Requests of one call: each waits for the network, and for nothing here."""
INSTALLATION = "installation"
"""The object that says whose the others are."""
LONGEST_SAID = 200
STORED_AS = "sha256"
"""What is said beside an object that is stored here, and not of one that anybody put in its place."""
NAME = re.compile(r"[0-9a-f]{64}")
MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})
"""A bare 404 may be of whatever stands before the service, and says nothing of an object."""
OF_ALL = frozenset({401, 403, 404, 408, 429})
PASSING = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "BadDigest",
        "ExpiredToken",
        "IncompleteBody",
        "InvalidToken",
        "OperationAborted",
        "RequestTimeout",
        "TokenRefreshRequired",
        "XAmzContentSHA256Mismatch",
    }
)
"""With a status that else is of one object."""
FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"})

T = TypeVar("T")
R = TypeVar("R")


class ObjectStore(SharedStore):
    """Safe to use from many threads and processes. Whatever asks the store raises StoreUnavailable where it is away.

    Nothing of it stays on this machine: what is deleted is gone.
    """

    def __init__(self, bucket: Bucket, root: Path, least_free_bytes: int = 0) -> None:
        """root: the local folder in which what comes in waits. least_free_bytes: that stay free of its disk."""
        super().__init__(root, None, least_free_bytes)
        self._bucket = bucket.name
        self._prefix = bucket.prefix
        self._client = bucket.client()
        self._hasty_client = bucket.hasty_client()

    def require_ready(self) -> None:
        self._ask_for_bucket(self._hasty_client)

    def keep(self, received: Sequence[Received]) -> None:
        _at_once(self._upload, received)

    def present(self, sha256s: Iterable[str]) -> set[str]:
        asked = list(dict.fromkeys(sha256s))
        said = _at_once(self._said_of, asked)
        found = {sha256 for sha256, of_it in zip(asked, said, strict=True) if of_it is not None}
        if len(found) < len(asked):
            self._ask_for_bucket(self._client)
        return found

    def get(self, sha256: str) -> bytes:
        return b"".join(self.pieces(sha256))

    def pieces(self, sha256: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with _answered(missing=MISSING, refused=FileDamaged):
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(sha256))["Body"]
            with closing(body):
                for piece in body.iter_chunks(PIECE_BYTES):
                    digest.update(piece)
                    yield piece
        if digest.hexdigest() != sha256:
            raise FileDamaged(f"the stored object {sha256} is damaged: it is not what was stored")

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with self._folder() as folder:
            yield folder.receive(self.pieces(sha256)).path

    def remove(self, sha256s: Iterable[str]) -> int:
        return sum(_at_once(self._erase, list(sha256s)))

    def names(self) -> Iterator[str]:
        """Also of those of which the bucket has but older versions."""
        last = None
        for key, _ in self._versions(self._prefix):
            name = key.removeprefix(self._prefix)
            if name != last and NAME.fullmatch(name):
                yield name
            last = name

    def _ask_for_bucket(self, client: Any) -> None:
        with _answered():
            client.head_bucket(Bucket=self._bucket)

    def whose(self) -> str | None:
        try:
            with _answered(missing=MISSING):
                body = self._client.get_object(Bucket=self._bucket, Key=self._key(INSTALLATION))["Body"]
                with closing(body):
                    return body.read(LONGEST_SAID).decode(errors="replace").strip()
        except FileNotFoundError:
            return None

    def say_whose(self, said: str | None) -> None:
        if said is None:
            self._erase(INSTALLATION)
            return
        with _answered():
            self._client.put_object(Bucket=self._bucket, Key=self._key(INSTALLATION), Body=said.encode())

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _upload(self, one: Received) -> None:
        """Not again where it is whole: a bucket that keeps versions would keep each, and be full the sooner."""
        if (said := self._said_of(one.sha256)) is not None and said["Metadata"].get(STORED_AS) == one.sha256:
            return
        checksum = b64encode(bytes.fromhex(one.sha256)).decode()
        with one.path.open("rb") as file, _answered(refused=FileRefused):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(one.sha256),
                Body=file,
                ChecksumSHA256=checksum,
                Metadata={STORED_AS: one.sha256},
            )

    def _said_of(self, sha256: str) -> Mapping[str, Any] | None:
        """None where it is not there, as it seems: of a bucket that is gone every file seems to be lost."""
        try:
            with _answered(missing=MISSING | {"404"}):  # which has no body that could say more
                return self._client.head_object(Bucket=self._bucket, Key=self._key(sha256))
        except FileNotFoundError:
            return None

    def _erase(self, name: str) -> bool:
        """Every version: a bucket that keeps them would only hide the file."""
        key, was_there = self._key(name), False
        for found, version in self._versions(key, with_markers=True):
            if found == key:
                with suppress(FileNotFoundError), _answered(missing=MISSING):
                    self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version)
                was_there = True
        return was_there

    def _versions(self, prefix: str, *, with_markers: bool = False) -> Iterator[tuple[str, str]]:
        """Key and version of all that is stored below a prefix. with_markers: and of what only says that it is not."""
        with _answered():
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for one in (*page.get("Versions", ()), *(page.get("DeleteMarkers", ()) if with_markers else ())):
                    yield one["Key"], one["VersionId"]


def _at_once(work: Callable[[T], R], of: Sequence[T]) -> list[R]:
    """What work answers of each; the first error ends it, and what was not begun then is left."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, of))


def _is_of_one(error: ClientError) -> bool:
    """Whether it would be refused again, and other objects would not.

    What keys, policies and the bucket refuse is the installation's to mend, and may be over then, as is what was
    damaged on its way.
    """
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "InvalidObjectState":  # moved to an archive
        return True
    is_passing = status in OF_ALL or code in PASSING or code.startswith("KMS.")
    return 400 <= status < 500 and not is_passing


@contextmanager
def _answered(missing: frozenset[str] = frozenset(), refused: type[Fact] = StoreUnavailable) -> Iterator[None]:
    """Raise what the store answers, or does not, as facts: FileNotFoundError, StorageFull, StoreUnavailable.

    missing: codes by which it says that an object is not there. refused: what it is where this one object is refused.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "?")
        if code in missing:
            raise FileNotFoundError("no such object in the store") from error
        if code in FULL:
            raise StorageFull("the object store is full: nothing more can be stored until there is room") from error
        if code == "NoSuchBucket" or (code == "404" and error.operation_name == "HeadBucket"):
            raise StoreUnavailable("the object store has no such bucket") from error
        fact = refused if _is_of_one(error) else StoreUnavailable
        raise fact(f"the object store refuses what it is asked for: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"the object store cannot be reached: {type(error).__name__}") from error

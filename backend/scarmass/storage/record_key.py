"""The key of hashes in records: whoever has it can tell whether a patient is meant, and nobody can read who was."""

import hmac
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

FILE = "record.key"
KEY_BYTES = 32


def record_key(data_dir: Path) -> bytes:
    """The key in this folder, made at random where there is none; for its owner alone to read."""
    path = data_dir / FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        partial = data_dir / f".{FILE}.{os.getpid()}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)  # of two processes that make one, the first one's stays
        partial.unlink()
    return path.read_bytes()


def patient_hash(key: bytes, patient_id: str) -> str:
    """HMAC-SHA256 of a PatientID, as hexadecimal digits."""
    return hmac.digest(key, patient_id.encode("utf-8", "surrogatepass"), sha256).hex()


def confirmation_hash(key: bytes, study_instance_uid: str, typed: str) -> str:
    """HMAC-SHA256 of a study and of what was typed to confirm that it is deleted."""
    return hmac.digest(key, f"{study_instance_uid}\0{typed}".encode("utf-8", "surrogatepass"), sha256).hex()


def training_secret(key: bytes) -> str:
    """What the pseudonyms of training data are made with: of the record key, and useless for finding it."""
    return hmac.digest(key, b"training", sha256).hex()

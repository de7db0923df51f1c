"""UIDs of what we write: the same thing always has the same one (PS3.5 B.2, a UUID as a UID)."""

import uuid

NAMESPACE = uuid.UUID("5f2c3c0e-6f0c-5d5b-9a0b-1f0f5a7c9e21")


def uid_of(*parts: object) -> str:
    """A UID of at most 44 characters that follows from the parts, each as its text."""
    return f"2.25.{uuid.uuid5(NAMESPACE, repr([str(part) for part in parts])).int}"

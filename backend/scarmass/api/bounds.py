"""What the body of a request may cost at most."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BodyBounds:
    """idle_seconds: how long a body may bring nothing; every bytes_per_second that came give it another second."""

    upload_bytes: int = 4 * 2**30
    json_bytes: int = 2**20
    idle_seconds: float = 20.0
    bytes_per_second: float = 2**10

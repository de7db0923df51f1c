"""What a request may cost at most, and what one client may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BodyBounds:
    """idle_seconds: how long a body may bring nothing; every bytes_per_second that came give it another second."""

    upload_bytes: int = 4 * 2**30
    json_bytes: int = 2**20
    idle_seconds: float = 20.0
    bytes_per_second: float = 2**10


@dataclass(frozen=True)
class Share:
    """What one person may ask for: requests a second, and how many of them at one go; uploads and requests that models
    answer, at once.

    persons_per_address: all who come from one address may ask for so many times as much together, signed in or not.
    """

    requests_per_second: float = 50
    burst: int = 500
    uploads: int = 3
    model_work: int = 16
    persons_per_address: int = 20

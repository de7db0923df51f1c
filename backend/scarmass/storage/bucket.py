"""Which bucket of an object store files are kept in, and the client that speaks to it."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

CONNECTS_WITHIN_S, ANSWERS_WITHIN_S, ATTEMPTS = 3, 10, 3
HASTY_S = 2
CONNECTIONS = 32
NO_REGION = "us-east-1"
"""What services that know no regions take requests to be signed for."""


@dataclass(frozen=True)
class Bucket:
    """prefix: empty, or ends with a slash. endpoint: of the service, None for Amazon's. access_key, secret: None for
    those of the AWS variables, files or container; asks_machine: of the virtual machine as well, at its address in
    the network.
    """

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret: str | None = field(default=None, repr=False)
    asks_machine: bool = False

    def client(self) -> Any:
        """A client of the S3 API that is safe to use from many threads, and gives up in time."""
        return self._client(CONNECTS_WITHIN_S, ANSWERS_WITHIN_S, ATTEMPTS)

    def hasty_client(self) -> Any:
        """One that is to know at once whether the service answers: whoever asks waits for that."""
        return self._client(HASTY_S, HASTY_S, 1)

    def _client(self, connects_within_s: float, answers_within_s: float, attempts: int) -> Any:
        from botocore.config import Config

        session = _session(self.asks_machine)
        config = Config(
            connect_timeout=connects_within_s,
            read_timeout=answers_within_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=CONNECTIONS,
            ignore_configured_endpoint_urls=True,
            # The signature covers the sha256 of what is sent, which every service checks; more is asked for by name.
            s3={"addressing_style": "path" if self.endpoint else "auto", "payload_signing_enabled": True},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.client(
            "s3",
            region_name=self.region or session.region_name or NO_REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            config=config,
        )


@cache
def _session(asks_machine: bool) -> Any:
    """What clients share: the description of the API, which takes a second to read, and where keys are looked for."""
    import boto3
    from botocore.session import get_session

    found = get_session()
    if not asks_machine:
        found.get_component("credential_provider").remove("iam-role")
    return boto3.Session(botocore_session=found)

"""Where the objects are stored, as settings: refused in sentences where it cannot be."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from scarmass.settings_access import stays_here
from scarmass.storage.bucket import Bucket

ADDRESS = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[A-Za-z0-9._-]+)*)/?")


class ObjectStoreSettings(BaseSettings):
    """A part of the settings, whose names these are: each may be a variable or a file of its own."""

    objects: str | None = Field(
        default=None, description="s3://BUCKET/PREFIX of an object store; unset, objects are stored in DATA_DIR"
    )
    objects_endpoint: str | None = Field(default=None, description="https address of its S3 API; unset, Amazon's")
    objects_region: str | None = Field(default=None, min_length=1, description="unset, as AWS_REGION says")
    objects_access_key: str | None = Field(
        default=None, min_length=1, description="with objects_secret; unset, as the AWS variables and files say"
    )
    objects_secret: SecretStr | None = None
    objects_machine_role: bool = Field(
        default=False, description="whether the cloud's virtual machine is asked for the key that its role gives"
    )

    @field_validator("objects")
    @classmethod
    def _is_bucket(cls, objects: str | None) -> str | None:
        if objects is not None and ADDRESS.fullmatch(objects) is None:
            raise ValueError("objects is to be s3://BUCKET or s3://BUCKET/PREFIX")
        return objects

    @field_validator("objects_endpoint")
    @classmethod
    def _is_safe(cls, endpoint: str | None) -> str | None:
        try:
            address = urlsplit(endpoint or "https://amazon")
            _ = address.port
        except ValueError as error:
            raise ValueError("objects_endpoint is no address: a port is 65535 at most") from error
        if not address.hostname or not (
            address.scheme == "https" or (address.scheme == "http" and stays_here(address.hostname))
        ):
            raise ValueError("objects_endpoint is to begin with https://: patients' images go there")
        if address.path.strip("/") or address.query or address.fragment or address.username:
            raise ValueError("objects_endpoint is https://, a host, and a port where it is another one")
        return endpoint

    @model_validator(mode="after")
    def _is_whole(self) -> "ObjectStoreSettings":
        if (self.objects_access_key is None) != (self.objects_secret is None):
            raise ValueError("objects_access_key and objects_secret are given together, or neither is")
        if self.objects is None and (self.objects_endpoint or self.objects_access_key or self.objects_machine_role):
            raise ValueError("what is said of an object store needs objects, which names its bucket")
        return self

    @property
    def of_objects(self) -> dict[str, Any]:
        """Where the objects are, as settings.json says it: without keys."""
        said = {
            "objects": self.objects,
            "objects_endpoint": self.objects_endpoint,
            "objects_region": self.objects_region,
            "objects_machine_role": self.objects_machine_role,
        }
        return {name: value for name, value in said.items() if value} if self.objects else {}

    @property
    def bucket(self) -> Bucket | None:
        """None where objects are stored in DATA_DIR."""
        found = ADDRESS.fullmatch(self.objects or "")
        if found is None:
            return None
        prefix = found["prefix"].lstrip("/")
        return Bucket(
            name=found["name"],
            prefix=f"{prefix}/" if prefix else "",
            endpoint=self.objects_endpoint,
            region=self.objects_region,
            access_key=self.objects_access_key,
            secret=None if self.objects_secret is None else self.objects_secret.get_secret_value(),
            asks_machine=self.objects_machine_role,
        )

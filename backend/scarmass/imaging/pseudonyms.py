"""Keyed pseudonyms: whoever has the secret finds the same ones again, and nobody else can tell whose they are."""

import base64
import hmac
import uuid
from dataclasses import dataclass, field
from hashlib import sha256

from scarmass.domain.errors import SecretTooShort

SHORTEST_SECRET = 32
"""Characters. Patient identifiers are few enough to be tried one by one: the secret has to be out of reach of that."""

LATEST_SHIFT_DAYS, EARLIEST_SHIFT_DAYS = 30, 3650


@dataclass(frozen=True)
class Pseudonyms:
    """Raises SecretTooShort."""

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST_SECRET:
            raise SecretTooShort(
                f"deidentification_secret has {len(self.secret)} characters and needs {SHORTEST_SECRET} or more"
            )

    @property
    def fingerprint(self) -> str:
        """Which secret it is, without telling it: pseudonyms of another one are of nobody that is known here."""
        return self._letters("fingerprint", "", 16)

    def of_patient(self, patient_id: str) -> str:
        """What stands for a PatientID."""
        return f"P-{self._letters('patient', patient_id, 16)}"

    def of_name(self, patient_id: str, name: str, birth_date: str) -> str:
        """What stands for a PatientName: it tells two persons under one PatientID apart, without naming either."""
        letters = self._letters("name", f"{name}\n{birth_date}", 6)
        return f"{self.of_patient(patient_id)}^{letters}"

    def of_reading(self, reading_id: str) -> str:
        """What stands for a reading behind its patient's pseudonym."""
        return self._letters("reading", reading_id, 8)

    def of_uid(self, uid: str) -> str:
        """A UID by UUID (PS3.5 B.2): references stay whole, and what is sent again is known again."""
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', uid)[:16], version=5).int}"

    def days_back(self, patient_id: str) -> int:
        """By how many days a patient's dates are shifted into the past."""
        number = int.from_bytes(self._digest("days", patient_id)[:8], "big")
        return LATEST_SHIFT_DAYS + number % (EARLIEST_SHIFT_DAYS - LATEST_SHIFT_DAYS)

    def _letters(self, what: str, text: str, count: int) -> str:
        return base64.b32encode(self._digest(what, text)).decode()[:count]

    def _digest(self, what: str, text: str) -> bytes:
        return hmac.digest(self.secret.encode(), f"{what}\n{text}".encode("utf-8", "replace"), sha256)

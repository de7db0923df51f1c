"""Where something of a patient may lie."""

from dataclasses import dataclass
from pathlib import Path

from scarmass.domain.deletion import RetentionRules
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore
from scarmass.storage.spool import Spool


@dataclass(frozen=True)
class Places:
    """results_folder, spool: None where there is none. pseudonyms: by which what waits in the spool will be stored.

    key: of the hash that stands for the patient in records.
    """

    database: Database
    files: FileStore
    results_folder: Path | None
    spool: Spool | None
    pseudonyms: Pseudonyms | None
    rules: RetentionRules
    key: bytes

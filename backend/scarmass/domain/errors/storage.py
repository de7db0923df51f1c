"""Facts of what is stored: the database, the disk, deletions, backups."""

from scarmass.domain.errors.kinds import Away, Conflict, Full, Invalid, NotFound, Unavailable


class DeletionNotConfirmed(Invalid):
    """What has to be typed before something is deleted for good was not typed, or something else was."""


class StudyOnWorklist(Conflict):
    """A study is deleted for good only after it was taken off the worklist."""


class ConsentWithdrawn(Conflict):
    """Consent to train on a study was withdrawn, and is not given again."""


class PatientAmbiguous(Conflict):
    """Studies with one PatientID are of different persons, as their birth dates say."""


class SignedReadingsKept(Conflict):
    """Signed readings have to be kept for a time that is not over, and nobody said to delete them nevertheless."""


class DeletionNotFound(NotFound):
    """No deletion has this id."""


class DeletedMeanwhile(NotFound):
    """What a request belongs to was deleted for good while it was answered."""


class FolderNotEmpty(Conflict):
    """A backup is restored into an empty data folder and an empty database, and into nothing else."""


class BackupInvalid(Unavailable):
    """A backup is incomplete, was altered, or is of a newer version than this one."""


class BackupFailed(Unavailable):
    """A backup could not be made: PostgreSQL's own tools are missing, or said why not."""


class DatabaseUnavailable(Away):
    """PostgreSQL cannot be reached, or went away in the middle of a transaction."""


class StoreUnavailable(Away):
    """The object store of the files cannot be reached, or refuses us."""


class StoreNotOurs(Conflict):
    """The object store holds what another installation stored, or may have: nothing is stored or removed there."""


class FileDamaged(Conflict):
    """A stored file is not what it was when it was stored, as its sha256 says, or is handed out no more."""


class FileRefused(Conflict):
    """The object store does not take this one file, however often it is sent, such as one that is too large for it."""


class StorageFull(Full):
    """The disk of the files, or of the database, has no room left."""

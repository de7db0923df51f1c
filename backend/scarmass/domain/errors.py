"""Facts: what can be wrong, each named once. The API turns them into HTTP answers in api/errors.py."""


class Fact(Exception):
    """Base of every named fact. str(fact) is a sentence fit for the person who caused it."""


class GeometryInvalid(Fact):
    """A slice lacks a usable spacing, orientation or position."""


class SlicesNotParallel(Fact):
    """Slices of one stack do not share an orientation."""


class PositionsNotDistinct(Fact):
    """Two slices of one stack lie at the same position along the normal."""


class PromptInvalid(Fact):
    """A box without area, a prompt with nothing in it, or a number that is not finite."""


class PromptOutsideImage(Fact):
    """A box or point lies beyond the slice's pixels."""


class MaskMalformed(Fact):
    """A run-length mask does not describe rows x columns pixels."""


class MaskShapeMismatch(Fact):
    """A mask has another size than the slice it was sent for."""


class ObjectRefused(Fact):
    """An uploaded file cannot be used; the message is the reason."""


class PixelsUndecodable(Fact):
    """The pixel data of a stored object cannot be decoded."""


class InstanceConflict(Fact):
    """A SOP Instance UID arrived again with other content."""


class StudyNotFound(Fact):
    """No study has this StudyInstanceUID."""


class StackNotFound(Fact):
    """No stack has this id."""


class SliceNotFound(Fact):
    """No slice has this SOP Instance UID and frame number."""


class SliceNotInStack(Fact):
    """The slice exists, or not, but is no part of the stack that was named."""


class ReadingNotFound(Fact):
    """No reading has this id."""


class RevisionStale(Fact):
    """The edit was made on an older revision than the stored one."""


class ClientIdReused(Fact):
    """The same client_id came with another body."""


class NothingToUndo(Fact):
    """No edit is left to undo."""


class NothingToRedo(Fact):
    """No undone edit is left to redo."""


class WeightsInvalid(Fact):
    """A weights file is truncated, has another hash, or is a pickle that wants to run code."""


class WeightsMissing(Fact):
    """A weights file named in the catalog is not on this machine."""


class DeviceOutOfMemory(Fact):
    """The accelerator had no memory left, even after the embeddings were evicted."""


class NothingToAccept(Fact):
    """The slice has neither a proposal nor a mask that could be accepted."""


class DatabaseUnavailable(Fact):
    """PostgreSQL cannot be reached, or went away in the middle of a transaction."""


class StandInvalid(Fact):
    """What should say which event was seen last does not."""


class NothingToPropose(Fact):
    """Every slice of the reading was decided on by a reader."""


class NotExcluded(Fact):
    """Only a slice that was excluded can be included again."""


class RunConflict(Fact):
    """A folder holds another run, of training or evaluation, or none where one was to be resumed."""


class LayoutNotRecognised(Fact):
    """A folder is laid out as none of the datasets that can be read, or as several of them."""


class AnnotationMissing(Fact):
    """An image, or the reference mask that belongs to it, is not where the dataset's layout has it."""


class AnnotationInvalid(Fact):
    """Reference masks do not fit their slices, hold unknown labels or do not tell the myocardium."""


class PatientNotUnique(Fact):
    """Two centres have a patient of the same name: one patient in two places would be in two parts of a split."""


class PreparedDatasetInvalid(Fact):
    """A prepared dataset is incomplete, was altered, is of another version or would be overwritten."""


class ThresholdUndefined(Fact):
    """A signal threshold has no remote myocardium, no level of zero signal or no finite pixels to rest on."""


class PairsInvalid(Fact):
    """Two sets of measurements do not pair, are not finite or are fewer than three."""


class ReadingsInvalid(Fact):
    """A table of readings lacks a column or a number, or holds one patient's stack twice."""


class ReadingsNotComparable(Fact):
    """Two sets of readings differ in quantity, density or signature."""

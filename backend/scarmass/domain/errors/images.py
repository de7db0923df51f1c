"""Facts of what comes in: objects, slices, stacks, segmentations of others."""

from scarmass.domain.errors.kinds import Conflict, Invalid, NotFound, Unavailable


class ObjectRefused(Invalid):
    """An uploaded file cannot be used; the message is the reason."""


class DirectoryIgnored(ObjectRefused):
    """A DICOMDIR, which lists images and holds none: it comes with every disc and nobody misses it."""


class NotExamined(ObjectRefused):
    """Reading a file took too long or ended the process that read it: the file's fault, or that of a busy machine."""


class SearchInvalid(Invalid):
    """Stored objects are looked for by what they are not known by, or by what is no value of it."""


class PixelsUndecodable(Invalid):
    """The pixel data of a stored object cannot be decoded."""


class StackTooLarge(Invalid):
    """A stack has more pixels than models are asked about."""


class GeometryInvalid(Invalid):
    """A slice lacks a usable spacing, orientation or position."""


class SlicesNotParallel(Invalid):
    """Slices of one stack do not share an orientation."""


class PositionsNotDistinct(Invalid):
    """Two slices of one stack lie at the same position along the normal."""


class SliceNotInStack(Invalid):
    """The slice exists, or not, but is no part of the stack that was named."""


class ImageNotRepeated(Invalid):
    """Two images are not of one position in one acquisition: one cannot stand in the place of the other."""


class InstanceConflict(Conflict):
    """A SOP Instance UID arrived again with other content."""


class ThicknessKnown(Conflict):
    """A slice thickness is typed only where the headers lack it."""


class StudyNotFound(NotFound):
    """No study has this StudyInstanceUID."""


class PatientNotFound(NotFound):
    """Nothing that is stored has this PatientID."""


class StackNotFound(NotFound):
    """No stack has this id."""


class SliceNotFound(NotFound):
    """No slice has this SOP Instance UID and frame number."""


class SegmentationNotFound(NotFound):
    """No segmentation of the study has this SOP Instance UID."""


class MeaningsInvalid(Invalid):
    """What is said of the segments of a segmentation names none of them, or one that it does not have."""


class SegmentationNotOnStack(Invalid):
    """Nothing of a segmentation lies on a slice of the stack, or the two are of different patients."""


class SecretTooShort(Unavailable):
    """De-identification is on, and its secret is missing or can be guessed."""


class SourceMissing(Unavailable):
    """A stored image that a reading is of cannot be read, so that no object can refer to it."""

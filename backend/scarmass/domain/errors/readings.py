"""Facts of a reading: its prompts, edits, methods, signature and results."""

from scarmass.domain.errors.kinds import Conflict, Invalid, NotFound, Unavailable


class PromptInvalid(Invalid):
    """A box without area, a prompt with nothing in it, or a number that is not finite."""


class ContourInvalid(Invalid):
    """A contour that holds no pixel, leaves its slice, or is to be taken over to a slice of another grid."""


class LandmarksInvalid(Invalid):
    """An edit of landmarks marks no insertion point."""


class PatternInvalid(Invalid):
    """A pattern is said to be ischaemic or not, and no layer of it is named."""


class SensitivityInvalid(Invalid):
    """A sensitivity lies beyond what can be set."""


class PromptOutsideImage(Invalid):
    """A box or point lies beyond the slice's pixels."""


class StructureNotKnown(Invalid):
    """The segmenter was not trained on this structure."""


class MaskMalformed(Invalid):
    """A run-length mask does not describe rows x columns pixels."""


class MaskShapeMismatch(Invalid):
    """A mask has another size than the slice it was sent for."""


class ThresholdUndefined(Invalid):
    """A signal threshold has no remote myocardium, no level of zero signal or no finite pixels to rest on."""


class MethodInvalid(Invalid):
    """A method by threshold is asked for with what it does not rest on, or without what it does."""


class ReadingsOfOtherStacks(Invalid):
    """Two readings of different stacks have no slices to compare."""


class RevisionStale(Conflict):
    """The edit was made on an older revision than the stored one."""


class ClientIdReused(Conflict):
    """The same client_id came with another body."""


class ReadingAlreadySigned(Conflict):
    """A signed reading takes no edit: it is amended."""


class ReadingNotSigned(Conflict):
    """Only a signed reading is amended."""


class ReadingAlreadyAmended(Conflict):
    """A newer version of the reading is there already."""


class SlicesUndecided(Conflict):
    """A reading is signed when every slice that is not excluded was decided on."""


class NothingToUndo(Conflict):
    """No edit is left to undo."""


class NothingToRedo(Conflict):
    """No undone edit is left to redo."""


class NothingToRemove(Conflict):
    """No part of the mask lies under the point."""


class NothingToAccept(Conflict):
    """The slice has neither a proposal nor a mask that could be accepted."""


class NothingToTakeOver(Conflict):
    """The study has no slices that the reading lacks."""


class NothingToPropose(Conflict):
    """Every slice of the reading was decided on by a reader."""


class NothingToAdopt(Conflict):
    """A reader decided on every slice on which the method could be worked out."""


class LandmarksMissing(Conflict):
    """Where the right ventricle meets the left one is not marked, so the wall's segments are not told."""


class LandmarksNotApart(Conflict):
    """The insertion points lie so that the septum can be on either side of them."""


class ContoursMissing(Conflict):
    """No slice has the contours of both the left ventricle and its blood pool."""


class NotExcluded(Conflict):
    """Only a slice that was excluded can be included again."""


class ReportTextChanged(Conflict):
    """The text of a report was written on a version of it that is no longer the last one."""


class NothingOutlined(Conflict):
    """A reading holds no structure on a slice that counts: a segmentation of it would have no segment."""


class SlicesDiffer(Conflict):
    """The slices of a reading have several sizes, which one segmentation cannot hold."""


class ReadingNotFound(NotFound):
    """No reading has this id."""


class MethodNotFound(NotFound):
    """No reference method has this name."""


class ReportNotTypeset(Unavailable):
    """A report's template, this one or a site's own, cannot be filled in or takes too long."""


class ResultNotReadBack(Unavailable):
    """A DICOM object that was written of a reading does not read back as the reading; it is given to nobody."""

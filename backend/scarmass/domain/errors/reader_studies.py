"""Facts of reader studies."""

from scarmass.domain.errors.kinds import Conflict, Invalid, NotFound


class ReaderStudyInvalid(Invalid):
    """A reader study lacks a name, stacks, readers or arms, or names one of them twice."""


class NotReaderOfStudy(Conflict):
    """Only the readers that a reader study names read in it."""


class NothingLeftToRead(Conflict):
    """The reader has signed everything that the reader study asks of them."""


class ReadWithoutProposals(Conflict):
    """A part of a reader study is read from empty slices: models propose nothing there."""


class ReaderStudyUnfinished(Conflict):
    """What readers of a study measured is hidden from those of them who still read."""


class NothingMeasured(Conflict):
    """No measurement of what is asked for is signed yet."""


class MeasuredInReaderStudy(Conflict):
    """A reading of a reader study is one reader's measurement: neither amended, nor sent, nor taken from elsewhere."""


class ReaderStudyNotFound(NotFound):
    """No reader study, or no comparison in it, has this id."""

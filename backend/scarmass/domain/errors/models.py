"""Facts of models: their data, training, evaluation, weights and device."""

from scarmass.domain.errors.kinds import Away, Conflict, Invalid, NotFound, Unavailable


class ReferenceReadingsTooFew(Invalid):
    """A sensitivity cannot be fitted to so few patients with scar."""


class LayoutNotRecognised(Invalid):
    """A folder is laid out as none of the datasets that can be read, or as several of them."""


class AnnotationInvalid(Invalid):
    """Reference masks do not fit their slices, hold unknown labels or do not tell the myocardium."""


class AnnotationMissing(NotFound):
    """An image, or the reference mask that belongs to it, is not where the dataset's layout has it."""


class PreparedDatasetInvalid(Invalid):
    """A prepared dataset is incomplete, was altered, is of another version or would be overwritten."""


class PairsInvalid(Invalid):
    """Two sets of measurements do not pair, are not finite or are fewer than three."""


class ReadingsInvalid(Invalid):
    """A table of readings lacks a column or a number, or holds one patient's stack twice."""


class ReadingsNotComparable(Invalid):
    """Two sets of readings differ in quantity, density or signature."""


class PatientNotUnique(Conflict):
    """Two centres have a patient of the same name: one patient in two places would be in two parts of a split."""


class RunConflict(Conflict):
    """A folder holds another run, of training or evaluation, or none where one was to be resumed."""


class DeviceOutOfMemory(Unavailable):
    """The accelerator had no memory left, even after the embeddings were evicted."""


class ModelsUnavailable(Away):
    """Models on other machines cannot be reached, or do not answer in time: what was asked may be asked again."""


class ModelsBusy(ModelsUnavailable):
    """So many wait for models on other machines that no more are taken."""


class MessageInvalid(Unavailable):
    """What a server and models on another machine sent each other is damaged, or of another version."""


class WeightsMissing(Unavailable):
    """A weights file named in the catalog is not on this machine."""


class WeightsInvalid(Unavailable):
    """A weights file is truncated, has another hash, or is a pickle that wants to run code."""


class WeightsFolderNotWritable(Unavailable):
    """The folder that weights are fetched into is read-only."""


class ExtraNotInstalled(Unavailable):
    """A command needs packages that were left out of this installation."""


class HeldOutReadingsTooFew(Invalid):
    """Two models cannot be compared on the readings of so few patients with scar."""


class HeldOutReadingsSeen(Invalid):
    """A model may have learned from readings that it is to be compared on."""


class CandidateWorse(Conflict):
    """A model is not shown to be as good as the one that serves."""


class ModelChangedMeanwhile(Conflict):
    """Other weights serve now than those that a model was compared with."""


class ModelServesAlready(Conflict):
    """The weights that are to serve do so already."""


class ModelNamedBySettings(Conflict):
    """The settings name the weights that serve: no promotion counts as long as they do."""


class NothingPromoted(Conflict):
    """No promotion is left that could be gone back on."""

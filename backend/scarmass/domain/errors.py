"""Facts: what can be wrong, each named once and of one of eight kinds. The API answers each kind in api/errors.py."""


class Fact(Exception):
    """Base of the eight kinds. str(fact) is a sentence fit for the person who caused it."""


class CalledOff(BaseException):
    """Nobody waits for the work any more: its client has gone, or the server ends. str(it) is a sentence that says so.

    No Exception: what goes on after whatever failure ends with this one.
    """


class Invalid(Fact):
    """What was given contradicts itself or cannot be used."""


class Conflict(Fact):
    """What was asked for is sound, but does not fit what is stored or was done already."""


class NotFound(Fact):
    """What was named is not there."""


class Unavailable(Fact):
    """What the work needs is out of reach or unusable, whatever was asked for."""


class Full(Fact):
    """What was asked for is sound, but there is no room for it."""


class Unauthenticated(Fact):
    """Nobody is known to ask."""


class Forbidden(Fact):
    """Whoever asks may not do it."""


class Excessive(Fact):
    """Whoever asks does so too often, or for too much at once. retry_after_s: when to ask again."""

    retry_after_s = 1.0


class TooManyRequests(Excessive):
    """A person, or the clients at one address, asked for more than their share."""

    def __init__(self, what: str, retry_after_s: float = Excessive.retry_after_s) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class NotSignedIn(Unauthenticated):
    """The request has neither a session nor a token that is valid now."""


class NotAllowed(Forbidden):
    """The roles of the person or the service do not include what was asked for."""


class SignInRefused(Unauthenticated):
    """The user name or the password is wrong, or the account is disabled: which of them is not told."""


class SignInPaused(Unauthenticated):
    """After several wrong passwords the next one is looked at only some time later."""


class ProviderRefused(Unauthenticated):
    """The provider did not say who somebody is, or said it so that it cannot be believed."""


class NoRole(Forbidden):
    """Somebody is known at the provider, and nothing that it says of them is a role here."""


class StudyGroupUnsaid(Invalid):
    """Whoever brings studies sees several study groups, and did not say of which one they are."""


class PasswordRefused(Invalid):
    """A new password is too short or too long, or is among the first that would be guessed."""


class NameInvalid(Invalid):
    """A person's or a token's name is empty, too long, holds what cannot be printed or is one of our own."""


class ReaderClaimed(Invalid):
    """A request names its reader, where the reader's name comes from the login."""


class ObjectRefused(Invalid):
    """An uploaded file cannot be used; the message is the reason."""


class DirectoryIgnored(ObjectRefused):
    """A DICOMDIR, which lists images and holds none: it comes with every disc and nobody misses it."""


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


class PromptInvalid(Invalid):
    """A box without area, a prompt with nothing in it, or a number that is not finite."""


class ContourInvalid(Invalid):
    """A contour that holds no pixel, leaves its slice, or is to be taken over to a slice of another grid."""


class ReferenceReadingsTooFew(Invalid):
    """A sensitivity cannot be fitted to so few patients with scar."""


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


class ImageNotRepeated(Invalid):
    """Two images are not of one position in one acquisition: one cannot stand in the place of the other."""


class MaskMalformed(Invalid):
    """A run-length mask does not describe rows x columns pixels."""


class MeaningsInvalid(Invalid):
    """What is said of the segments of a segmentation names none of them, or one that it does not have."""


class SegmentationNotOnStack(Invalid):
    """Nothing of a segmentation lies on a slice of the stack, or the two are of different patients."""


class DeletionNotConfirmed(Invalid):
    """What has to be typed before something is deleted for good was not typed, or something else was."""


class MaskShapeMismatch(Invalid):
    """A mask has another size than the slice it was sent for."""


class ThresholdUndefined(Invalid):
    """A signal threshold has no remote myocardium, no level of zero signal or no finite pixels to rest on."""


class MethodInvalid(Invalid):
    """A method by threshold is asked for with what it does not rest on, or without what it does."""


class EventIdInvalid(Invalid):
    """What should say which event was seen last does not."""


class LayoutNotRecognised(Invalid):
    """A folder is laid out as none of the datasets that can be read, or as several of them."""


class AnnotationInvalid(Invalid):
    """Reference masks do not fit their slices, hold unknown labels or do not tell the myocardium."""


class PreparedDatasetInvalid(Invalid):
    """A prepared dataset is incomplete, was altered, is of another version or would be overwritten."""


class PairsInvalid(Invalid):
    """Two sets of measurements do not pair, are not finite or are fewer than three."""


class ReadingsInvalid(Invalid):
    """A table of readings lacks a column or a number, or holds one patient's stack twice."""


class ReadingsOfOtherStacks(Invalid):
    """Two readings of different stacks have no slices to compare."""


class ReadingsNotComparable(Invalid):
    """Two sets of readings differ in quantity, density or signature."""


class ReaderStudyInvalid(Invalid):
    """A reader study lacks a name, stacks, readers or arms, or names one of them twice."""


class NoLogin(Conflict):
    """Nobody can sign in this way: the settings name no such login."""


class NameTaken(Conflict):
    """Another person or token has this name, or this user name."""


class PasswordNotOurs(Conflict):
    """The person signs in at a provider, which keeps the password."""


class RolesNotOurs(Conflict):
    """The roles and study groups of a person come from the provider at each sign-in."""


class InstanceConflict(Conflict):
    """A SOP Instance UID arrived again with other content."""


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


class ThicknessKnown(Conflict):
    """A slice thickness is typed only where the headers lack it."""


class NotExcluded(Conflict):
    """Only a slice that was excluded can be included again."""


class PatientNotUnique(Conflict):
    """Two centres have a patient of the same name: one patient in two places would be in two parts of a split."""


class RunConflict(Conflict):
    """A folder holds another run, of training or evaluation, or none where one was to be resumed."""


class ReportTextChanged(Conflict):
    """The text of a report was written on a version of it that is no longer the last one."""


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


class NothingOutlined(Conflict):
    """A reading holds no structure on a slice that counts: a segmentation of it would have no segment."""


class SlicesDiffer(Conflict):
    """The slices of a reading have several sizes, which one segmentation cannot hold."""


class PersonNotFound(NotFound):
    """No person has this id or user name."""


class TokenNotFound(NotFound):
    """No token has this id."""


class StudyOnWorklist(Conflict):
    """A study is deleted for good only after it was taken off the worklist."""


class PatientAmbiguous(Conflict):
    """Studies with one PatientID are of different persons, as their birth dates say."""


class SignedReadingsKept(Conflict):
    """Signed readings have to be kept for a time that is not over, and nobody said to delete them nevertheless."""


class FolderNotEmpty(Conflict):
    """A backup is restored into an empty data folder and an empty database, and into nothing else."""


class StudyNotFound(NotFound):
    """No study has this StudyInstanceUID."""


class PatientNotFound(NotFound):
    """Nothing that is stored has this PatientID."""


class DeletionNotFound(NotFound):
    """No deletion has this id."""


class DeletedMeanwhile(NotFound):
    """What a request belongs to was deleted for good while it was answered."""


class StackNotFound(NotFound):
    """No stack has this id."""


class SegmentationNotFound(NotFound):
    """No segmentation of the study has this SOP Instance UID."""


class SliceNotFound(NotFound):
    """No slice has this SOP Instance UID and frame number."""


class ReadingNotFound(NotFound):
    """No reading has this id."""


class ReaderStudyNotFound(NotFound):
    """No reader study, or no comparison in it, has this id."""


class MethodNotFound(NotFound):
    """No reference method has this name."""


class AnnotationMissing(NotFound):
    """An image, or the reference mask that belongs to it, is not where the dataset's layout has it."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL cannot be reached, or went away in the middle of a transaction."""


class StorageFull(Full):
    """The disk of the files, or of the database, has no room left."""


class ProviderUnreachable(Unavailable):
    """The provider at which people sign in does not answer, or not as one."""


class AuditReceiverUnreachable(Unavailable):
    """The syslog server that the audit trail is sent to does not take it."""


class PeerUnreachable(Unavailable):
    """A PACS, or another machine of the network, does not answer in time."""


class PeerRefused(Unavailable):
    """A machine of the network answers, and will not talk to us, or not about this."""


class PeerFailed(Unavailable):
    """A machine of the network gave up in the middle, or said what its standard does not know."""


class PeerNotFound(NotFound):
    """No machine of the network has this name in the settings."""


class TransferNotFound(NotFound):
    """No transfer has this id."""


class NothingListens(Conflict):
    """A peer would send what is fetched to our AE title, and the settings name none."""


class DeviceOutOfMemory(Unavailable):
    """The accelerator had no memory left, even after the embeddings were evicted."""


class LoginMissing(Unavailable):
    """The server would be reached from other machines, and nobody would have to sign in."""


class LoginUnsafe(Unavailable):
    """Passwords and sessions would travel unencrypted, or the address of the server is not told."""


class SecretTooShort(Unavailable):
    """De-identification is on, and its secret is missing or can be guessed."""


class ReportNotTypeset(Unavailable):
    """A report's template, this one or a site's own, cannot be filled in or takes too long."""


class ResultNotReadBack(Unavailable):
    """A DICOM object that was written of a reading does not read back as the reading; it is given to nobody."""


class SourceMissing(Unavailable):
    """A stored image that a reading is of cannot be read, so that no object can refer to it."""


class BackupInvalid(Unavailable):
    """A backup is incomplete, was altered, or is of a newer version than this one."""


class BackupFailed(Unavailable):
    """A backup could not be made: PostgreSQL's own tools are missing, or said why not."""


class WeightsMissing(Unavailable):
    """A weights file named in the catalog is not on this machine."""


class ExtraNotInstalled(Unavailable):
    """A command needs packages that were left out of this installation."""


class WeightsFolderNotWritable(Unavailable):
    """The folder that weights are fetched into is read-only."""


class WeightsInvalid(Unavailable):
    """A weights file is truncated, has another hash, or is a pickle that wants to run code."""

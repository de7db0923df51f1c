"""Which objects, in which encodings, are spoken of: presentation contexts (PS3.8 section 7.1.1.13)."""

from collections.abc import Iterable

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    EnhancedSRStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    RLELossless,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom import AllStoragePresentationContexts
from pynetdicom.presentation import PresentationContext, build_context

VERIFICATION = UID("1.2.840.10008.1.1")
FIND = UID("1.2.840.10008.5.1.4.1.2.2.1")
MOVE = UID("1.2.840.10008.5.1.4.1.2.2.2")
GET = UID("1.2.840.10008.5.1.4.1.2.2.3")
"""Query and retrieve, study root."""
COMMITMENT = UID("1.2.840.10008.1.20.1")
COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")
"""The storage commitment push model, and its one instance."""

UNCOMPRESSED = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
COMPRESSED = (
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLosslessSV1,
    JPEGLossless,
    RLELossless,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000,
    JPEGLSNearLossless,
    HTJ2K,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
)
RECEIVED = (*UNCOMPRESSED, *COMPRESSED, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
"""In the order in which one is chosen, where a peer offers several for the same context."""

MOST_CONTEXTS = 128
"""Of one association: their identifiers are the odd numbers of a byte."""

IMAGES = (
    MRImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    EnhancedMRColorImageStorage,
    SecondaryCaptureImageStorage,
)
OTHERS = (
    SegmentationStorage,
    RTStructureSetStorage,
    EnhancedSRStorage,
    ComprehensiveSRStorage,
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
)


def listened_to() -> list[PresentationContext]:
    """Every storage class, so that what is not wanted can be refused by name and not by a peer's "no context"."""
    classes = {context.abstract_syntax for context in AllStoragePresentationContexts}
    return [build_context(str(uid), list(RECEIVED)) for uid in sorted(map(str, classes))]


def fetched() -> list[PresentationContext]:
    """For C-GET. A peer chooses one encoding a context, so that each compressed one of an image has its own."""
    plain = [build_context(uid, list(UNCOMPRESSED)) for uid in (*IMAGES, *OTHERS)]
    return (
        plain
        + [build_context(uid, syntax) for uid in IMAGES for syntax in COMPRESSED]
        + [build_context(SegmentationStorage, syntax) for syntax in (RLELossless, DeflatedExplicitVRLittleEndian)]
    )


def needed_by(sop_class_uid: UID, transfer_syntax_uid: UID) -> Iterable[tuple[UID, UID]]:
    """An object as it is; and, where it is not compressed, as every peer must take it (PS3.5 section 10.1)."""
    yield sop_class_uid, transfer_syntax_uid
    if transfer_syntax_uid == ExplicitVRLittleEndian:
        yield sop_class_uid, ImplicitVRLittleEndian

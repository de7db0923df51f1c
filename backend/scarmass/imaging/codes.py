"""What is outlined and measured, as the codes that other systems know it by (PS3.16).

Where no standard code says what a number is, the scheme 99SCARMASS does: those that begin with 99 are a maker's own
(PS3.16 8.2).
"""

from dataclasses import dataclass

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from scarmass.domain.mass import MassExtent
from scarmass.domain.structures import Structure

OWN_SCHEME = "99SCARMASS"
OWN_SCHEME_NAME = "ScarMass coding scheme"

MYOCARDIUM = codes.SCT.LeftVentricleMyocardium
LEFT_VENTRICLE = codes.SCT.LeftVentricle


@dataclass(frozen=True)
class StructureCodes:
    """A structure as a segment (PS3.16 CID 7150 and 7151). region: where in the body; None where it is a region.

    colour: of the outline on the page, as red, green and blue.
    """

    label: str
    category: Code
    type: Code
    region: Code | None
    colour: tuple[int, int, int]


STRUCTURES: dict[Structure, StructureCodes] = {
    Structure.SCAR: StructureCodes(
        "Scar", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.ScarTissue, MYOCARDIUM, (255, 194, 51)
    ),
    # No code of the standard's dictionaries names microvascular obstruction; that it does not enhance is what is seen.
    Structure.NO_REFLOW: StructureCodes(
        "No-reflow",
        codes.SCT.MorphologicallyAbnormalStructure,
        codes.NCIt.NonEnhancingLesion,
        MYOCARDIUM,
        (255, 93, 93),
    ),
    Structure.LEFT_VENTRICLE: StructureCodes(
        "Left ventricle", codes.SCT.AnatomicalStructure, LEFT_VENTRICLE, None, (79, 201, 163)
    ),
    Structure.BLOOD_POOL: StructureCodes(
        "Blood pool", codes.SCT.BodySubstance, codes.SCT.Blood, LEFT_VENTRICLE, (86, 200, 245)
    ),
}
"""In the order of their segments; a structure that a reading lacks is left out."""

SEGMENTS = (
    *("BasalAnterior", "BasalAnteroseptal", "BasalInferoseptal", "BasalInferior", "BasalInferolateral"),
    *("BasalAnterolateral", "MidAnterior", "MidAnteroseptal", "MidInferoseptal", "MidInferior", "MidInferolateral"),
    *("MidAnterolateral", "ApicalAnterior", "ApicalSeptal", "ApicalInferior", "ApicalLateral"),
)
SEGMENTS17: tuple[Code, ...] = (
    *(getattr(codes.SCT, f"LeftVentricle{name}Segment") for name in SEGMENTS),
    codes.SCT.ApexOfLeftVentricle,
)
"""The 17 segments of the left ventricle's wall in order (PS3.16 CID 3717)."""

AREA = codes.SCT.Area
VOLUME = codes.SCT.Volume
MASS = codes.SCT.MassQuantity
TOTAL = codes.SCT.Total
CARDIAC_MR = codes.SCT.CardiacMRI
ARTIFICIAL_INTELLIGENCE = codes.DCM.ArtificialIntelligence
HISTOGRAM_ANALYSIS = codes.DCM.HistogramAnalysis
MANUAL = codes.DCM.ManualProcessing
REPORT = codes.DCM.ImagingMeasurementReport
SEGMENTATION = codes.DCM.SegmentationImageDerivation
SOURCE_IMAGE = codes.DCM.SourceImageForImageProcessingOperation
REPLACED = codes.DCM.ReplacedReport

GRAM = Code("g", "UCUM", "gram")
MILLILITRE = Code("mL", "UCUM", "milliliter")
SQUARE_MILLIMETRE = codes.UCUM.SquareMillimeter
PERCENT = codes.UCUM.Percent

PERCENT_OF_MYOCARDIUM = Code("pct-myocardium", OWN_SCHEME, "Percent of LGE myocardial mass")
PERCENT_SCAR = Code("percent-scar", OWN_SCHEME, "Percent of the segment's myocardium that is scar")
TRANSMURALITY = Code("transmurality", OWN_SCHEME, "Mean transmurality of scar")

EXTENTS: dict[MassExtent, Code] = {
    MassExtent.SLICE_THICKNESS: Code("by-thickness", OWN_SCHEME, "Area times slice thickness, summed"),
    MassExtent.SLICE_SPACING: Code("by-spacing", OWN_SCHEME, "Area times slice spacing, summed"),
}
"""How a volume follows from areas, as a measurement's method."""

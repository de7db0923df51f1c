"""The words of the REST contract about the landmarks that orient the ventricle's segments: sent, and told again."""

from scarmass.api.schemas.common import Coordinate, SliceName, Strict
from scarmass.domain import edits, landmarks
from scarmass.domain.stack import SliceKey


class PlaceOnSlice(SliceName):
    """A point of a slice, in corner-based image pixels."""

    x: Coordinate
    y: Coordinate

    def to_domain(self) -> landmarks.Place:
        return landmarks.Place(self.key, self.x, self.y)

    @staticmethod
    def of(place: landmarks.Place) -> "PlaceOnSlice":
        return PlaceOnSlice(sop_instance_uid=place.slice[0], frame_number=place.slice[1], x=place.x, y=place.y)


class Insertions(Strict):
    """Where the right ventricle meets the left one, at the septum's two ends; null is what is not marked."""

    anterior_insertion: PlaceOnSlice | None = None
    inferior_insertion: PlaceOnSlice | None = None

    @staticmethod
    def of(marked: landmarks.Landmarks) -> "Insertions":
        anterior, inferior = (
            None if one is None else PlaceOnSlice.of(one.place)
            for one in (marked.anterior_insertion, marked.inferior_insertion)
        )
        return Insertions(anterior_insertion=anterior, inferior_insertion=inferior)


class Levels(Strict):
    """The first slices of the mid and apical levels, counted from the base; null: thirds of the way to the apex."""

    first_mid: SliceName | None = None
    first_apical: SliceName | None = None

    @staticmethod
    def of(marked: landmarks.Landmarks) -> "Levels":
        mid, apical = (
            None if border is None else slice_name(border.slice) for border in (marked.first_mid, marked.first_apical)
        )
        return Levels(first_mid=mid, first_apical=apical)


def slice_name(key: SliceKey) -> SliceName:
    return SliceName(sop_instance_uid=key[0], frame_number=key[1])


def landmark_edit(marked: Insertions, levels: Levels) -> edits.LandmarkEdit:
    """Raises LandmarksInvalid."""
    return edits.LandmarkEdit(
        marked.anterior_insertion and marked.anterior_insertion.to_domain(),
        marked.inferior_insertion and marked.inferior_insertion.to_domain(),
        levels.first_mid and levels.first_mid.key,
        levels.first_apical and levels.first_apical.key,
    )

"""The words of the REST contract about what a study shows beside one of its stacks."""

from collections.abc import Sequence

from pydantic import BaseModel

from scarmass.api.schemas.stacks import Slice
from scarmass.domain import other_views as domain
from scarmass.domain.stack import Contrast


class OtherView(BaseModel):
    """stack_id: where its images are asked for. number_of_phases: of a cine, else 1.

    is_parallel: its planes lie along those of the stack. shares_positions: both lie in one frame of reference.
    """

    stack_id: str
    description: str
    contrast: Contrast
    number_of_positions: int
    number_of_phases: int
    is_parallel: bool
    shares_positions: bool

    @staticmethod
    def of(other: domain.OtherView) -> "OtherView":
        view = other.view
        return OtherView(
            stack_id=view.stack_id,
            description=view.description,
            contrast=view.contrast,
            number_of_positions=view.number_of_positions,
            number_of_phases=view.number_of_phases,
            is_parallel=other.is_parallel,
            shares_positions=other.shares_positions,
        )


class OtherViews(BaseModel):
    views: list[OtherView]

    @staticmethod
    def of(others: Sequence[domain.OtherView]) -> "OtherViews":
        return OtherViews(views=[OtherView.of(other) for other in others])


class ViewImage(Slice):
    """trigger_time_ms: since the R wave; null where the header does not say it."""

    phase: int
    trigger_time_ms: float | None


class ViewImages(BaseModel):
    """The images of a stack; of a cine's phase those of all phases, those of one position after each other."""

    images: list[ViewImage]

    @staticmethod
    def of(view: domain.View) -> "ViewImages":
        return ViewImages(
            images=[
                ViewImage(phase=phase, trigger_time_ms=one.header.trigger_time_ms, **Slice.of(one, index).model_dump())
                for index, (phase, one) in enumerate(view.images)
            ]
        )

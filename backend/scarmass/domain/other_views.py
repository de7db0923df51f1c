"""What else a study shows beside one stack: its other stacks, those of a cine's phases as one moving view."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scarmass.domain.stack import Contrast, Slice, Stack, is_of_one_grid

PARALLEL_COSINE = 0.94
"""Planes that differ by less than about 20 degrees lie along each other; beyond, one cuts the other."""

PHASE = re.compile(r"(?P<name>.*), phase (?P<number>\d+) of (?P<of>\d+)", re.DOTALL)


def phase_description(name: str, number: int, of: int) -> str:
    """What the stack of one phase of a cine is called."""
    return f"{name}, phase {number} of {of}"


@dataclass(frozen=True)
class View:
    """A stack, or the stacks of all phases of a cine in their order."""

    description: str
    stacks: tuple[Stack, ...]

    @property
    def stack_id(self) -> str:
        return self.stacks[0].stack_id

    @property
    def contrast(self) -> Contrast:
        return self.stacks[0].contrast

    @property
    def number_of_phases(self) -> int:
        return len(self.stacks)

    @property
    def number_of_positions(self) -> int:
        return max(map(_size, self.stacks))

    @property
    def images(self) -> list[tuple[int, Slice]]:
        """(phase, image): the phases of one position after each other, then those of the next."""
        normal = self.stacks[0].slices[0].header.plane.normal
        places_mm = np.array([normal @ one.header.position_mm for one in max(self.stacks, key=_size).slices])

        def place(image: tuple[int, Slice]) -> tuple[int, int]:
            phase, one = image
            return int(np.abs(places_mm - normal @ one.header.position_mm).argmin()), phase

        return sorted(((phase, one) for phase, stack in enumerate(self.stacks, 1) for one in stack.slices), key=place)


def _size(stack: Stack) -> int:
    return len(stack.slices)


@dataclass(frozen=True)
class OtherView:
    """A view beside a stack.

    is_parallel: its planes lie along the stack's. shares_positions: where it lies in the patient can be told from both
    headers, so that one can be drawn into the other.
    """

    view: View
    is_parallel: bool
    shares_positions: bool


def views_of(stacks: Iterable[Stack]) -> list[View]:
    """The stacks of a study as views, in their order."""
    views: list[tuple[str, int, list[Stack]]] = []
    for stack in stacks:
        match = PHASE.fullmatch(stack.description)
        name, of = (match["name"], int(match["of"])) if match else (stack.description, 1)
        same = next((view for view in views if of > 1 and _continues(view, name, of, stack)), None)
        if same is None:
            views.append((name, of, [stack]))
        else:
            same[2].append(stack)
    return [View(name, tuple(members)) for name, _, members in views]


def _continues(view: tuple[str, int, list[Stack]], name: str, of: int, stack: Stack) -> bool:
    """Is the stack the next phase of this cine?"""
    its_name, its_of, members = view
    return (its_name, its_of) == (name, of) and is_of_one_grid(members[0].slices[0], stack.slices[0])


def other_views(stack: Stack, stacks: Iterable[Stack]) -> list[OtherView]:
    """What the stacks of its study show beside a stack; its own cine is one of them, where it is a phase of it."""
    normal = stack.slices[0].header.plane.normal
    return [
        OtherView(
            view,
            bool(abs(normal @ view.stacks[0].slices[0].header.plane.normal) > PARALLEL_COSINE),
            _share_positions(stack, view.stacks[0]),
        )
        for view in views_of(stacks)
        if [one.stack_id for one in view.stacks] != [stack.stack_id]
    ]


def _share_positions(one: Stack, other: Stack) -> bool:
    """Not across two frames of reference; a new one in every object, as archives write it, says nothing."""
    frames = [{each.header.frame_of_reference_uid for each in stack.slices} for stack in (one, other)]
    is_placed = all(any(any(each.header.position_mm) for each in stack.slices) for stack in (one, other))
    are_apart = all(len(uids) == 1 for uids in frames) and frames[0] != frames[1]
    return is_placed and not are_apart

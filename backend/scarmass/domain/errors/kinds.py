"""The eight kinds of facts. The API answers each kind in api/errors.py."""


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


class Away(Unavailable):
    """What the work needs lies elsewhere and cannot be reached for now: what needs it waits, and is done afterwards."""


class Full(Fact):
    """What was asked for is sound, but there is no room for it."""


class Unauthenticated(Fact):
    """Nobody is known to ask."""


class Forbidden(Fact):
    """Whoever asks may not do it."""


class Excessive(Fact):
    """Whoever asks does so too often, or for too much at once. retry_after_s: when to ask again."""

    retry_after_s = 1.0

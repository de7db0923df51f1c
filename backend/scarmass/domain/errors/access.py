"""Facts of who asks: signing in, roles, shares."""

from scarmass.domain.errors.kinds import Conflict, Excessive, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable


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


class NoLogin(Conflict):
    """Nobody can sign in this way: the settings name no such login."""


class NameTaken(Conflict):
    """Another person or token has this name, or this user name."""


class PasswordNotOurs(Conflict):
    """The person signs in at a provider, which keeps the password."""


class RolesNotOurs(Conflict):
    """The roles and study groups of a person come from the provider at each sign-in."""


class PersonNotFound(NotFound):
    """No person has this id or user name."""


class TokenNotFound(NotFound):
    """No token has this id."""


class ProviderUnreachable(Unavailable):
    """The provider at which people sign in does not answer, or not as one."""


class LoginMissing(Unavailable):
    """The server would be reached from other machines, and nobody would have to sign in."""


class LoginUnsafe(Unavailable):
    """Passwords and sessions would travel unencrypted, or the address of the server is not told."""

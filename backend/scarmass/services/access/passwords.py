"""Passwords: which are taken, by NIST SP 800-63B-4 3.1.1, and how they are kept, by Argon2id (RFC 9106)."""

import threading
import unicodedata
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from scarmass.domain.errors import PasswordRefused

SHORTEST, LONGEST = 15, 256
"""In characters. A password alone, without a second factor, has 15 or more; no rule says of which kinds."""

GUESSABLE = 2
"""zxcvbn's score of what is found within 10^8 guesses: common passwords and names, repeated, lengthened or in rows."""
LONGEST_RATED = 72
"""Characters: the time that rating takes grows faster than the password."""

_HASHER = PasswordHasher()
_TURNS = threading.BoundedSemaphore(2)
"""Each check takes 64 MiB: however many sign in at once, two are checked at a time."""


def require_good(password: str, about: Sequence[str] = ()) -> None:
    """about: words that an attacker would try first, such as the person's names. Raises PasswordRefused."""
    password = _stable(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(f"a password has {SHORTEST} to {LONGEST} characters of any kind: a sentence, say")
    words = ["scarmass", *(word for name in about for word in [name, *name.split()])]
    # A guesser leaves the spaces out, or puts them in.
    shown = "".join(password.split())[:LONGEST_RATED]
    if not shown or zxcvbn(shown, user_inputs=words, max_length=LONGEST_RATED)["score"] <= GUESSABLE:
        raise PasswordRefused("this password is among the first that would be guessed: take words that do not belong")


def hashed(password: str) -> str:
    with _TURNS:
        return _HASHER.hash(_stable(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; without a hash it is not, and it takes as long to say so."""
    with _TURNS:
        try:
            is_same = _HASHER.verify(password_hash or _NOBODYS, _stable(password)[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return is_same and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with less work than is asked for now."""
    return _HASHER.check_needs_rehash(password_hash)


def _stable(password: str) -> str:
    """The same characters, however the keyboard composed them."""
    return unicodedata.normalize("NFC", password)


_NOBODYS = _HASHER.hash("the password of nobody")

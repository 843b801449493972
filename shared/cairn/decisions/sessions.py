"""Whose session a request goes on with, and how one is started without deciding."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from cairn.decisions.session import Session
from cairn.events.model import SESSION_PATTERN
from cairn.platform.errors import NotFound, Unprocessable
from cairn.platform.ids import is_secret_id

_BROUGHT: Final = re.compile(SESSION_PATTERN)


class SessionAsked(NamedTuple):
    """The session that a request names.

    Attributes:
        given: the id in the request; None asks for a new session.
        fresh: the id of a new session, should there be one.
        brings: whether the caller may bring ids of its own.
    """

    workspace: str
    given: str | None
    fresh: str
    brings: bool

    @property
    def id(self) -> str:
        """The id of the session, whether it goes on or begins."""
        return self.given or self.fresh

    @property
    def readable(self) -> str | None:
        """The id under which a session may be read, if any: see `owned`."""
        if not self.given:
            return None
        known = _BROUGHT.fullmatch(self.given) if self.brings else is_secret_id("ses", self.given)
        return self.given if known else None


def session_for(
    asked: SessionAsked, found: Session | None, now: datetime, *, reachable: bool = True
) -> Session:
    """The session that a request goes on with.

    Args:
        asked: what the request names.
        found: the session under that id, if there is one.
        now: the present.
        reachable: whether it could be looked for; if not, the request's own words must do.

    Raises:
        NotFound: there is no such session that the caller may open.
    """
    if asked.given is None:
        return _begun(asked, now)
    if asked.readable is None:
        raise no_session()
    if found is not None:
        return owned(found, brings=asked.brings)
    if reachable and not asked.brings:
        raise no_session()
    return _begun(asked, now)


def owned(session: Session, *, brings: bool) -> Session:
    """The session, if the caller may open it.

    Ids that the server issued are secret: knowing one is the right to open it. Ids that were
    brought may be guessed, so they open only for those who may bring some.

    Raises:
        NotFound: the id was brought, and the caller may not bring any.
    """
    if session.brought and not brings:
        raise no_session()
    return session


def in_flow(session: Session, flow: str) -> Session:
    """The session, if it goes through this flow or none yet.

    Raises:
        Unprocessable: it goes through another one.
    """
    if session.flow not in (None, flow):
        raise Unprocessable("The session belongs to another flow.", code="session.other_flow")
    return session


def no_session() -> NotFound:
    """There is no such session, or none that the caller may know of: both look the same."""
    return NotFound("There is no such session.", code="session.not_found")


def _begun(asked: SessionAsked, now: datetime) -> Session:
    return Session(
        workspace=asked.workspace,
        id=asked.id,
        brought=asked.given is not None,
        started_at=now,
        touched_at=now,
    )

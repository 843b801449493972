"""Where decisions, sessions and marks are kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cairn.behavior.model import session_partition
from cairn.decisions.desk import Commit
from cairn.decisions.limits import (
    ASSIGNED_S,
    DECISION_S,
    IDEMPOTENCY_S,
    SESSION_BYTES,
    SESSION_S,
)
from cairn.decisions.record import (
    SCHEMA,
    Mark,
    Record,
    decision_address,
    is_decision_id,
    lives,
    record_of,
)
from cairn.decisions.session import Session
from cairn.platform.dynamo import Action, Address, Condition, Dynamo, Item, Key, Put, Update
from cairn.platform.errors import TooLarge
from cairn.platform.observability.correlation import pseudonym

SESSION: Final = "session"
MARK: Final = "mark"
ASSIGNED: Final = "assigned"
KEPT: Final = "kept."
"""What the attributes begin with that hold a subject's variations: each can be set by itself."""


class DecisionStore:
    """Decisions and marks in one table; sessions, and which a subject has, in another."""

    def __init__(self, dynamo: Dynamo, *, sessions: str, decisions: str) -> None:
        self._dynamo = dynamo
        self._sessions = sessions
        self._decisions = decisions

    def session_address(self, workspace: str, session_id: str) -> Address:
        """Where a session is; for those who read it along with other items."""
        return self._sessions, Key(session_partition(workspace, session_id), SESSION)

    def mark_address(self, workspace: str, key: str) -> Address:
        """Where the mark of an Idempotency-Key is, by the key's digest."""
        return self._decisions, Key(f"{workspace}#idempotency#{key}", MARK)

    def assigned_address(self, workspace: str, subject: str) -> Address:
        """Where the variations of a subject are, by its pseudonym."""
        return self._sessions, Key(f"{workspace}#subject#{subject}", ASSIGNED)

    def session(self, workspace: str, session_id: str, now: datetime) -> Session | None:
        """A session that is not over, or None."""
        return session_of(self._dynamo.get(*self.session_address(workspace, session_id)), now)

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:
        """A decision, or None."""
        if not is_decision_id(decision_id):
            return None
        table, key = decision_address(self._decisions, workspace, decision_id)
        return record_of(self._dynamo.get(table, key), now)

    def keep(self, kept: Commit) -> None:
        """Writes a session, the decision made in it, what its subject has, the mark; or nothing.

        Raises:
            ConditionFailed: the session or the mark is not as it was read.
            TooLarge: the session holds more than a table can take.
        """
        self._dynamo.transact(self._writes(kept))

    def _writes(self, kept: Commit) -> Iterator[Action]:
        yield self._session(kept.session, kept.now)
        if kept.record is not None:
            yield self._record(kept.record, kept.now)
        if kept.new_subject:
            yield self._link(kept.session, kept.now)
        if kept.assigned and kept.session.subject_id is not None:
            yield self._assigned(kept.session, kept.session.subject_id, kept)
        if kept.repeatable is not None:
            mark = Mark(request=kept.repeatable.request, made=kept.made)
            address = self.mark_address(kept.session.workspace, kept.repeatable.key)
            yield self._mark(address, mark, kept.now)

    def _session(self, session: Session, now: datetime) -> Put:
        written = session.model_copy(update={"version": session.version + 1})
        body = written.model_dump_json()
        if len(body.encode()) > SESSION_BYTES:
            raise TooLarge("The session holds too many answers.", code="session.too_large")
        table, key = self.session_address(session.workspace, session.id)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": session.schema_version,
            "version": written.version,
            "body": body,
            "expires_at": _expiry(now, SESSION_S),
        }
        return Put(table, item, _as_read(session.version, now))

    def _record(self, record: Record, now: datetime) -> Put:
        _, key = decision_address(self._decisions, record.workspace, record.answer.id)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": record.schema_version,
            "body": record.model_dump_json(),
            "expires_at": _expiry(now, DECISION_S),
        }
        return Put(self._decisions, item, _as_read(0, now))

    def _link(self, session: Session, now: datetime) -> Put:
        item: Item = {
            "pk": f"{session.workspace}#subject#{session.subject_id}",
            "sk": f"session#{session.id}",
            "schema": SCHEMA,
            "expires_at": _expiry(now, SESSION_S),
        }
        return Put(self._sessions, item)

    def _assigned(self, session: Session, subject_id: str, kept: Commit) -> Update:
        subject = pseudonym(session.workspace, subject_id)
        table, key = self.assigned_address(session.workspace, subject)
        named = {KEPT + name: variation for name, variation in kept.assigned.items()}
        expires = _expiry(kept.now, ASSIGNED_S)
        return Update(table, key, put={**named, "schema": SCHEMA, "expires_at": expires})

    def _mark(self, address: Address, mark: Mark, now: datetime) -> Put:
        table, key = address
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": mark.schema_version,
            "body": mark.model_dump_json(),
            "expires_at": _expiry(now, IDEMPOTENCY_S),
        }
        return Put(table, item, _as_read(0, now))


def session_of(item: Item | None, now: datetime) -> Session | None:
    """A session from its stored item; None where there is none, or it is over."""
    return Session.model_validate_json(str(item["body"])) if item and lives(item, now) else None


def assigned_of(item: Item | None, now: datetime) -> dict[str, str]:
    """A subject's variations from their stored item; none where there is none, or it is over."""
    if item is None or not lives(item, now):
        return {}
    return {
        name.removeprefix(KEPT): str(value) for name, value in item.items() if name.startswith(KEPT)
    }


def mark_of(item: Item | None, now: datetime) -> Mark | None:
    """A mark from its stored item; None where there is none, or it is over."""
    return Mark.model_validate_json(str(item["body"])) if item and lives(item, now) else None


def _as_read(version: int, now: datetime) -> Condition:
    """The item is as it was read: of that version or, for 0, absent or over."""
    if version:
        return Condition("#version = :former", {":former": version}, {"#version": "version"})
    return Condition(
        "attribute_not_exists(pk) OR expires_at <= :now", {":now": int(now.timestamp())}
    )


def _expiry(now: datetime, seconds: int) -> int:
    return int((now + timedelta(seconds=seconds)).timestamp())

"""Which spans of an export are taken: each is looked at alone, and refused with a code.

span.malformed            not of the form of a span
span.invalid_id           an id of a wrong length, or of zeros
span.ends_before_start    its end is before its start
span.in_future            ends later than `TOLERATED`
span.too_old              starts before `OLDEST`
span.too_many_attributes  more than `ATTRIBUTES`
span.too_large            more than `SPAN_CHARACTERS`, after its values were cut
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cairn.events.addresses import bare
from cairn.events.numbers import is_number, somebodys
from cairn.llm.redact import PROSE, Profile, harmless, redacted
from cairn.llm.redact_technical import TECHNICAL
from cairn.platform.clock import epoch_ms
from cairn.platform.errors import TooLarge
from cairn.platform.observability.span import Span, SpanEvent, SpanKind, SpanStatus, SpanValue
from cairn.traces.names import SCOPE, STATUS_MESSAGE, Spoken, current_value, spoken
from cairn.traces.otlp import RawAttributes, RawEvent, RawSpan, flat
from cairn.traces.wire_format import INT64

EXPORT_SPANS: Final = 5_000
"""Spans in one export."""

ATTRIBUTES: Final = 128
"""Attributes of one span, or of one event: OpenTelemetry's own limit."""

EVENTS: Final = 128
"""Events of one span that are kept; OpenTelemetry's own limit."""

VALUE_CHARACTERS: Final = 4_096
CONTENT_CHARACTERS: Final = 16_384
NAME_CHARACTERS: Final = 256
SPAN_CHARACTERS: Final = 65_536

MARGIN: Final = 512
"""So many characters beyond a cut are still redacted, so that it hides no half of a secret."""

REDACTED_CHARACTERS: Final = 2_000_000
"""Characters of one export that are redacted, beside texts that need none: two seconds' work."""

SIGN_CHARACTERS: Final = 8
"""A digit, `@` or `:` is as much work as so many characters more: a candidate may begin there."""

REMOVED: Final = "[removed]"
"""Stands for a text that was beyond them."""

BREAKS: Final = str.maketrans("\n\r\t", "   ")

TOLERATED: Final = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""

OLDEST: Final = timedelta(days=7)

UNNAMED: Final = "unknown"

KINDS: Final[tuple[SpanKind, ...]] = (
    "internal",
    "internal",
    "server",
    "client",
    "producer",
    "consumer",
)
"""By OTLP's number; what is not specified is internal."""

STATUSES: Final[tuple[SpanStatus, ...]] = ("unset", "ok", "error")

_SIGN: Final = re.compile(r"[0-9@:]")
_ID: Final = re.compile(r"(?!0+$)[0-9a-f]+")
TRACE_ID_DIGITS: Final = 32
SPAN_ID_DIGITS: Final = 16


@dataclass(slots=True)
class Admitted:
    """What became of the spans of an export.

    Attributes:
        spans: those that are taken, in their order.
        rejected: how many were refused, by code.
        cut: values and names that were cut, and events beyond the limit.
        contents: values that were left out because contents are not kept, or are personal.
    """

    spans: list[Span] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    contents: int = 0


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def admit(spans: Iterable[RawSpan | None], now: datetime, *, contents: bool) -> Admitted:
    """Looks at every span of an export.

    Args:
        spans: as they came; None stands for what is no span at all.
        now: the present.
        contents: whether prompts and answers are kept, redacted.

    Raises:
        TooLarge: there are more than `EXPORT_SPANS`.
    """
    admitted = Admitted()
    desk = _Desk(admitted, now, contents)
    for number, raw in enumerate(spans):
        if number == EXPORT_SPANS:
            raise TooLarge(
                f"An export may have at most {EXPORT_SPANS} spans.", code="request.too_many_spans"
            )
        try:
            admitted.spans.append(desk.span(raw))
        except _Refused as refused:
            admitted.rejected[refused.code] += 1
    return admitted


class _Desk:
    """Looks at one span after the other, and counts what it changes."""

    def __init__(self, admitted: Admitted, now: datetime, contents: bool) -> None:  # noqa: FBT001
        self._admitted = admitted
        self._now = now
        self._now_ns = epoch_ms(now) * 1_000_000
        self._contents = contents
        self._redactable = REDACTED_CHARACTERS
        self._known: dict[tuple[str, bool], str] = {}

    def span(self, raw: RawSpan | None) -> Span:
        """The span as it is kept; raises `_Refused`."""
        if raw is None:
            raise _Refused("span.malformed")
        _check_ids(raw)
        self._check_times(raw)
        if len(raw.attributes) > ATTRIBUTES:
            raise _Refused("span.too_many_attributes")
        span = Span(
            trace_id=raw.trace_id,
            span_id=raw.span_id,
            parent_id=_parent_of(raw),
            name=self._redacted(self._named(raw.name or UNNAMED)),
            service=self._named(raw.service),
            kind=KINDS[raw.kind] if 0 <= raw.kind < len(KINDS) else "internal",
            start_ns=raw.start_ns,
            end_ns=raw.end_ns,
            status=STATUSES[raw.status] if 0 <= raw.status < len(STATUSES) else "unset",
            attributes=self._attributes([*raw.attributes, *_beside(raw)]),
            events=tuple(map(self._event, self._few(raw.events))),
        )
        if _weight(span) > SPAN_CHARACTERS:
            raise _Refused("span.too_large")
        return span

    def _check_times(self, raw: RawSpan) -> None:
        if raw.end_ns < raw.start_ns:
            raise _Refused("span.ends_before_start")
        if raw.end_ns > self._now_ns + _ns(TOLERATED):
            raise _Refused("span.in_future")
        if raw.start_ns < self._now_ns - _ns(OLDEST):
            raise _Refused("span.too_old")

    def _few(self, events: Iterable[RawEvent]) -> list[RawEvent]:
        listed = list(events)
        self._admitted.cut += max(0, len(listed) - EVENTS)
        return listed[:EVENTS]

    def _event(self, raw: RawEvent) -> SpanEvent:
        if not 0 <= raw.at_ns < INT64:
            raise _Refused("span.malformed")
        few = list(raw.attributes)[:ATTRIBUTES]
        self._admitted.cut += len(raw.attributes) - len(few)
        name = self._redacted(self._named(raw.name or UNNAMED))
        return SpanEvent(name, raw.at_ns, self._attributes(few))

    def _attributes(self, raw: RawAttributes) -> Mapping[str, SpanValue]:
        """By current names; where another name stands beside the current one, that one counts."""
        found: dict[str, SpanValue] = {}
        for given, nested in raw:
            value = flat(nested)
            known = spoken(self._named(given))
            if value is None or (known.other and known.name in found):
                continue
            unwanted = known.contents and not self._contents
            if unwanted or known.personal or self._is_somebodys(known, value):
                self._admitted.contents += 1
                continue
            kept = self._value(known, current_value(known.name, value))
            found[known.name] = kept
        return found

    def _is_somebodys(self, known: Spoken, value: SpanValue) -> bool:
        numbers = value if isinstance(value, tuple) else (value,)
        return not known.counts and any(
            not isinstance(each, str) and somebodys(each, self._now) for each in numbers
        )

    def _value(self, known: Spoken, value: SpanValue) -> SpanValue:
        limit = CONTENT_CHARACTERS if known.contents else VALUE_CHARACTERS
        if isinstance(value, str):
            kept = bare(value) if known.address else value
            return self._text(kept, limit, known)
        if isinstance(value, tuple):
            return self._several(value, limit, known)
        return value

    def _several(
        self,
        values: tuple[str, ...] | tuple[int, ...] | tuple[float, ...],
        limit: int,
        known: Spoken,
    ) -> SpanValue:
        """A list within the limit as a whole: what is beyond it is cut."""
        kept: list[str | int | float] = []
        for each in values:
            if limit <= 0:
                self._admitted.cut += 1
                break
            kept.append(self._text(each, limit, known) if isinstance(each, str) else each)
            limit -= max(1, len(str(each)))
        return tuple(kept)  # type: ignore[return-value]  # of the one type that came

    def _text(self, text: str, limit: int, known: Spoken) -> str:
        self._admitted.cut += len(text) > limit
        if not known.words or (known.counts and is_number(text)):
            return text[:limit]
        profile = PROSE if known.contents else TECHNICAL
        return self._redacted(text[: limit + MARGIN], profile)[:limit]

    def _redacted(self, text: str, profile: Profile = TECHNICAL) -> str:
        """The text redacted, as far as the export's share of that work goes."""
        if harmless(text.translate(BREAKS), profile=profile):
            return text
        place = text, profile is PROSE
        if place not in self._known:
            self._redactable -= len(text) + SIGN_CHARACTERS * len(_SIGN.findall(text))
            self._known[place] = redacted(text, profile).text if self._redactable >= 0 else REMOVED
        self._admitted.cut += self._known[place] == REMOVED
        return self._known[place]

    def _named(self, name: str) -> str:
        if len(name) <= NAME_CHARACTERS:
            return name
        self._admitted.cut += 1
        return name[:NAME_CHARACTERS]


def _check_ids(raw: RawSpan) -> None:
    ids = [(raw.trace_id, TRACE_ID_DIGITS), (raw.span_id, SPAN_ID_DIGITS)]
    if parent := _parent_of(raw):
        ids.append((parent, SPAN_ID_DIGITS))
    if any(len(each) != digits or not _ID.fullmatch(each) for each, digits in ids):
        raise _Refused("span.invalid_id")


def _parent_of(raw: RawSpan) -> str | None:
    """The parent's id; no digits, or only zeros, say that there is none."""
    return raw.parent_id if raw.parent_id.strip("0") else None


def _beside(raw: RawSpan) -> RawAttributes:
    """What the protocol keeps beside the attributes, where it says something."""
    beside = ((STATUS_MESSAGE, raw.message), (SCOPE, raw.scope))
    return [(name, value) for name, value in beside if value]


def _weight(span: Span) -> int:
    """Characters of everything that a sender chose."""
    owners = [span.attributes, *(each.attributes for each in span.events)]
    return sum(len(name) + len(str(value)) for each in owners for name, value in each.items())


def _ns(length: timedelta) -> int:
    return length // timedelta(microseconds=1) * 1_000

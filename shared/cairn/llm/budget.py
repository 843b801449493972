"""Budgets: what a workspace may spend in a day, how often a subject may ask.

Counters are changes of `SharedState`, in USD billionths and in calls. A call is let through
while its budget is not yet spent; those under way when it runs out are still paid for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from cairn.llm.documents import Budgets
from cairn.llm.model import Exceeded, QuotaScope
from cairn.platform.shared_state import Add, Answer, Change, Claim, Read, number

BILLIONTHS: Final = 1_000_000_000

MINUTE: Final = 16
DAY: Final = 10
"""Characters of an ISO time that name its minute or its day."""

_KEPT_MS: Final = {MINUTE: 120_000, DAY: 26 * 3_600_000}


@dataclass(frozen=True, slots=True)
class Quota:
    """One budget in one period.

    Attributes:
        period: such as `2026-11-20T10:07`, in UTC.
        limit: USD or calls.
        kept_ms: how long its counter is kept, a little longer than the period.
    """

    scope: QuotaScope
    key: str
    period: str
    limit: float
    kept_ms: int

    @property
    def in_usd(self) -> bool:
        """Whether it counts money; otherwise calls."""
        return self.scope == "workspace_day_usd"

    def asked(self) -> Change:
        """Counts a call, or reads what is spent."""
        return Read(self.key) if self.in_usd else Add(self.key, 1, self.kept_ms)

    def is_spent(self, answer: Answer) -> bool:
        """Whether the answer to `asked` leaves no room for this call."""
        if self.in_usd:
            return number(answer) >= self.limit * BILLIONTHS
        return number(answer) > self.limit

    def told(self) -> Change:
        """Asks to be the one that reports it; answers None where that is granted."""
        return Claim(f"{self.key}:told", b"1", self.kept_ms)

    def charge(self, cost_usd: float) -> list[Change]:
        """Adds what a call cost, rounded up to a billionth of a dollar."""
        if not self.in_usd or not cost_usd:
            return []
        return [Add(self.key, math.ceil(cost_usd * BILLIONTHS), self.kept_ms)]

    def exceeded(self, *, first: bool) -> Exceeded:
        """The quota as a spent one."""
        return Exceeded(self.scope, self.period, self.limit, first)


def quotas(workspace: str, subject: str | None, budgets: Budgets, now: datetime) -> Sequence[Quota]:
    """The budgets that bind a call now; a subject's id goes into keys as a digest only."""
    limits: list[tuple[QuotaScope, str, float | None, int]] = [
        ("workspace_day_usd", "usd", budgets.workspace_usd_per_day, DAY)
    ]
    if subject is not None:
        who = blake2b(subject.encode(), digest_size=12).hexdigest()
        limits += [
            ("subject_minute_calls", f"calls:{who}", budgets.subject_calls_per_minute, MINUTE),
            ("subject_day_calls", f"calls:{who}", budgets.subject_calls_per_day, DAY),
        ]
    return [
        _quota(workspace, scope, name, limit, now.isoformat()[:length])
        for scope, name, limit, length in limits
        if limit is not None
    ]


def _quota(workspace: str, scope: QuotaScope, name: str, limit: float, period: str) -> Quota:
    key = f"{{{workspace}}}:budget:{name}:{period}"
    return Quota(scope, key, period, limit, _KEPT_MS[len(period)])

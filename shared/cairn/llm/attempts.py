"""The attempts of one call: provider after provider, again where that may help, in time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from cairn.llm.backoff import LEAST_MS, Again, Chance, after, allowance_ms, wait_ms
from cairn.llm.breaker import Tally
from cairn.llm.classify import BREAKER_OPEN, blames_provider
from cairn.llm.client import AttemptFailed
from cairn.llm.documents import ModelsDocument, Provider
from cairn.llm.ledger import Estimate, estimated
from cairn.llm.model import Attempted, ErrorClass, Usage
from cairn.llm.prices import cost_usd, holding
from cairn.llm.question import Question, Replied
from cairn.llm.spans import attempting, describe
from cairn.platform.clock import Ticker
from cairn.platform.observability.recording import OpenSpan

type Pause = Callable[[float], None]
"""Lets seconds pass."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an attempt goes by.

    Attributes:
        left_ms: what is left of the deadline, less the reserve.
        day: whose prices hold, in UTC.
        payloads: whether spans hold what was asked and answered, redacted.
    """

    document: ModelsDocument
    left_ms: Callable[[], float]
    tick: Ticker
    pause: Pause
    chance: Chance
    estimate: Estimate
    day: date
    payloads: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """A provider, and whether its breaker lets this call through.

    Attributes:
        opens: says so when its turn comes, because a probe is claimed only then: None where
            it is left alone.
        may_open: whether it is worth saving time for.
    """

    provider: Provider
    may_open: bool
    opens: Callable[[], Tally | None]


@dataclass(slots=True)
class Attempts[Reply: Replied]:
    """One call under way.

    Attributes:
        made: the attempts so far.
        reply: the last reply that came.
        answered_by: who gave the reply that is used; None where there is none.
        tallies: by provider id, for their breakers.
    """

    question: Question[Reply]
    bounds: Bounds
    made: list[Attempted] = field(default_factory=list)
    reply: Reply | None = None
    answered_by: Provider | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)

    def run(self, providers: Sequence[Admitted]) -> None:
        """Asks until somebody answers, nobody is left, or time is up."""
        for place, each in enumerate(providers):
            if self.bounds.left_ms() < LEAST_MS:
                return
            tally = each.opens()
            if tally is None:
                self._skip(each.provider)
                continue
            self.tallies[each.provider.id] = tally
            behind = sum(other.may_open for other in providers[place + 1 :])
            self._ask(each.provider, behind)
            if self.answered_by:
                return

    def _skip(self, provider: Provider) -> None:
        self.made.append(Attempted(provider.id, provider.model, BREAKER_OPEN, None, 0.0))

    def _ask(self, provider: Provider, behind: int) -> None:
        document, once = self.bounds.document, self.tallies[provider.id].probing
        for made in range(1, document.attempts + 1):
            failed = self._attempt(provider, behind)
            if failed is None:
                self.answered_by = provider
                return
            then = after(
                failed,
                wait_ms(document.backoff, made, failed.retry_after_ms, self.bounds.chance),
                repeats=made < document.attempts and not once,
                left_ms=self.bounds.left_ms(),
                behind=behind,
            )
            if not isinstance(then, Again):
                return
            self.bounds.pause(then.wait_ms / 1000)

    def _attempt(self, provider: Provider, behind: int) -> AttemptFailed | None:
        left_ms = self.bounds.left_ms()
        allowed_ms = allowance_ms(left_ms, behind=behind, patience_ms=provider.patience_ms)
        with attempting(provider, self.question.ask) as calling:
            started = self.bounds.tick()
            reply, usage, failed = self._put(provider, allowed_ms)
            took_ms = (self.bounds.tick() - started) * 1000
            self._enter(provider, usage, failed, took_ms)
            if isinstance(calling, OpenSpan):
                self._tell(calling, provider, reply)
        self.reply = reply or self.reply
        self._tally(provider, failed, allowed_ms)
        return failed

    def _tell(self, calling: OpenSpan, provider: Provider, reply: Reply | None) -> None:
        ask = self.question.ask
        describe(calling, provider, ask, self.made[-1], reply)
        if self.bounds.payloads:
            from cairn.llm.payloads import attach  # noqa: PLC0415  # off by default

            attach(calling, ask, reply)

    def _put(
        self, provider: Provider, allowed_ms: float
    ) -> tuple[Reply | None, Usage, AttemptFailed | None]:
        try:
            answered = self.question.put(provider, allowed_ms)
        except AttemptFailed as failed:
            late = failed.error_class is ErrorClass.TIMEOUT
            unknown = self._estimated(None) if late else Usage()
            return None, failed.usage or unknown, failed
        usage = answered.usage or self._estimated(answered.reply)
        return answered.reply, usage, self.question.fault(answered.reply)

    def _estimated(self, reply: Reply | None) -> Usage:
        return estimated(self.question.ask, reply, self.bounds.estimate)

    def _enter(
        self, provider: Provider, usage: Usage, failed: AttemptFailed | None, took_ms: float
    ) -> None:
        self.made.append(
            Attempted(
                provider=provider.id,
                model=provider.model,
                outcome=failed.outcome if failed else "answered",
                error_class=failed.error_class if failed else None,
                took_ms=took_ms,
                usage=usage,
                cost_usd=cost_usd(usage, holding(provider.prices, self.bounds.day)),
            )
        )

    def _tally(self, provider: Provider, failed: AttemptFailed | None, allowed_ms: float) -> None:
        tally = self.tallies[provider.id]
        error_class = failed.error_class if failed else None
        if blames_provider(error_class, allowed_ms):
            self.tallies[provider.id] = tally.failed_again()
        elif error_class is not ErrorClass.TIMEOUT:
            self.tallies[provider.id] = tally.worked()

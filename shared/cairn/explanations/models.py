"""What models had to do with a decision, as factors.

A model's reasoning is nobody's word but its own: it is quoted, on one line, and never mixed with
what the explanation itself says.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cairn.decisions.consulted import Consulted
from cairn.decisions.finding import Judgement
from cairn.decisions.record import Record
from cairn.explanations.model import Factor

INDIRECT: Final = 0.5
"""How much a model's word counts beside what decided."""

OPTIONS: Final = 3
"""How many of the likeliest options are told."""

QUOTED: Final = 300
"""How many characters of a model's reasoning are quoted."""

OUTCOMES: Final[Mapping[str, str]] = {
    "found": "and was followed",
    "unsure": "but was less confident than the flow requires",
    "not_admitted": "but that could not be shown",
}
UNUSED: Final[Mapping[str, str]] = {"none_of_these": "found that none of the candidates fits"}


def judged(record: Record) -> Iterator[Factor]:
    """What models said, followed or not."""
    for each in record.judgements:
        weight = INDIRECT * each.confidence
        supports = each.proposed == record.step
        yield Factor(
            code=f"judgement.{each.tier}",
            kind="model",
            impact=round(weight if supports else -weight, 3),
            text=_told(each),
        )


def called(record: Record) -> Iterator[Factor]:
    """What asking them took."""
    for each in record.consulted:
        yield Factor(code=f"call.{each.tier}", kind="model", impact=0.0, text=_took(each))


def _told(judgement: Judgement) -> str:
    parts = [_outcome(judgement)]
    if judgement.probabilities:
        likeliest = sorted(judgement.probabilities.items(), key=lambda pair: -pair[1])[:OPTIONS]
        options = ", ".join(f"{name} {probability:.0%}" for name, probability in likeliest)
        parts.append(f"Its most likely options: {options}.")
    if judgement.reasoning:
        parts.append(f"In its own, unverified words: {quoted(judgement.reasoning)}")
    return " ".join(parts)


def _outcome(judgement: Judgement) -> str:
    who = f"The model {judgement.model} (prompt {judgement.prompt})"
    if judgement.proposed is None:
        return f"{who} {UNUSED.get(judgement.outcome, 'gave an answer that could not be used')}."
    followed = OUTCOMES.get(judgement.outcome, "which was not followed")
    return f"{who} chose {judgement.proposed} with {judgement.confidence:.0%}, {followed}."


def quoted(words: str) -> str:
    """Somebody's words on one line in quotation marks that they cannot end."""
    flat = " ".join("".join(_plain(each) for each in words).split())
    return f"“{flat[:QUOTED]}”"


def _plain(character: str) -> str:
    return character if character.isprintable() and character not in "“”" else " "


def _took(call: Consulted) -> str:
    way = ", ".join(f"{each.provider}: {each.outcome}" for each in call.attempts)
    outcome = call.failure or "answered"
    made = "shared the call of another request" if call.shared else f"attempts: {way or 'none'}"
    return (
        f"Asking a model ({call.tier}) ended with {outcome} ({made}); "
        f"{call.usage.total} tokens, ${call.cost_usd:.6f}."
    ).replace("_", " ")

"""Who evaluates, and how long it takes."""

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from growthbook import GrowthBook
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from pydantic import JsonValue

from cairn.flags.compiled import Flag
from cairn.flags.evaluate import evaluate
from cairn.flags.growthbook.writing import features_of
from cairn.flags.published import Ruleset
from infra.bench.flags.definitions import VARIATIONS, Json, flagd_configuration
from infra.proof import Unmeasurable

type Values = Callable[[Sequence[str]], list[JsonValue]]
"""The values of flags for one subject, whose client and context were made beforehand."""

type Side = Sequence[Values]
"""One for each subject."""

OURS: Final = "cairn"
GROWTHBOOK: Final = "growthbook"
FLAGD: Final = "flagd-core"


def ours(rules: Ruleset, contexts: Sequence[Json]) -> Side:
    """Our own evaluation."""
    flags = {name: flag for name, flag in rules.flags.items() if isinstance(flag, Flag)}

    def of(context: Json) -> Values:
        return lambda names: [evaluate(flags[name], context).value for name in names]

    return list(map(of, contexts))


def growthbook(rules: Ruleset, contexts: Sequence[Json]) -> Side:
    """GrowthBook's SDK, fed by what our features endpoint answers."""
    features: dict[str, Any] = dict(features_of(rules).features)  # Any: the SDK's own

    def of(context: Json) -> Values:
        sdk = GrowthBook(attributes=context, features=features)
        return lambda names: [sdk.eval_feature(name).value for name in names]

    return list(map(of, contexts))


def flagd(count: int, contexts: Sequence[Json]) -> Side:
    """Flagd's evaluation, without its daemon."""
    core = FlagdCore()
    core.set_flags(dict(flagd_configuration(count)))

    def of(context: Json) -> Values:
        attributes: dict[str, Any] = dict(context)  # Any: the SDK's own
        asked = EvaluationContext(str(attributes.pop("targetingKey")), attributes)
        return lambda names: [core.resolve_string_value(name, "", asked).value for name in names]

    return list(map(of, contexts))


def agree(sides: Mapping[str, Side], names: Sequence[str]) -> None:
    """Looks whether all do the same work.

    flagd hashes in another way, so that its halves are others: who meets the first rule gets the
    same, and everybody else one of the halves.

    Raises:
        Unmeasurable: they do not.
    """
    bold = VARIATIONS["bold"]
    for mine, theirs, third in zip(sides[OURS], sides[GROWTHBOOK], sides[FLAGD], strict=True):
        values = mine(names)
        same = [value == bold for value in values] == [value == bold for value in third(names)]
        if theirs(names) != values or not same:
            raise Unmeasurable("the sides give different values")


class Race:
    """Times sides in turn, each for the same subjects and flags.

    Args:
        names: the flags that are evaluated for every subject.
        tick: gives seconds of processor time.
    """

    def __init__(
        self, sides: Mapping[str, Side], names: Sequence[str], tick: Callable[[], float]
    ) -> None:
        self._sides = sides
        self._names = names
        self._tick = tick
        self._order = random.Random(len(names))  # noqa: S311  # the same order in each run

    def round(self) -> dict[str, float]:
        """Microseconds of one subject, by side, in shuffled order."""
        order = list(self._sides)
        self._order.shuffle(order)
        return {name: self._timed(self._sides[name]) for name in order}

    def _timed(self, side: Side) -> float:
        gc.collect()
        gc.disable()
        began = self._tick()
        for values in side:
            values(self._names)
        took_s = self._tick() - began
        gc.enable()
        return took_s / len(side) * 1e6

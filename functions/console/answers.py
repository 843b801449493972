"""What every answer about metrics has in common, and the forms in which it is given."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, Self

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from cairn.experiments.views import ExperimentRow
from cairn.metrics.caching import Caching
from cairn.metrics.costs import Costs
from cairn.metrics.export import flat, to_csv, to_json_lines
from cairn.metrics.funnels import Funnels
from cairn.metrics.model import FOLD_VERSION
from cairn.metrics.performance import Performance
from cairn.metrics.quality import Quality
from cairn.metrics.query import Found
from cairn.metrics.variations import Variation
from cairn.platform.http import JSON

type Format = Literal["json", "csv", "jsonl"]
type Record = Mapping[str, object]
type Rows[Data] = Callable[[Data], Iterable[Record]]
"""Makes the rows of an answer, where they are asked for."""

CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"


class View(BaseModel):
    """What is shown of a reading, taken from its attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Meta(View):
    """How an answer came about.

    Attributes:
        start: where the window begins that was read, in whole buckets; inclusive.
        end: where it ends, with the bucket that is under way; exclusive.
        freshness_ms: age of the newest count in it, milliseconds; null where there is none.
        buckets_read: stored buckets that were read for it; those that the process had read before
            and that can't have changed since are not among them.
    """

    start: datetime
    end: datetime
    freshness_ms: int | None
    buckets_read: int


class Answer[Data](BaseModel):
    """An answer about metrics.

    Attributes:
        timestamp: when it was read.
        window: the window that was asked for.
        version: of the rules by which events are counted.
    """

    timestamp: datetime
    window: str
    version: int = FOLD_VERSION
    data: Data
    meta: Meta

    @classmethod
    def of(cls, window: str, now: datetime, found: Found, data: Data) -> Self:
        """The answer that was read now.

        Args:
            window: the window that was asked for.
            now: the present.
            found: what was read.
            data: what follows from it.
        """
        return cls(timestamp=now, window=window, data=data, meta=_meta(now, found))


class PerformanceAnswer(Answer[Performance]):
    """The answer of `GET /v1/metrics/performance`."""


class CostsAnswer(Answer[Costs]):
    """The answer of `GET /v1/metrics/costs`."""


class QualityAnswer(Answer[Quality]):
    """The answer of `GET /v1/metrics/quality`."""


class CacheAnswer(Answer[Caching]):
    """The answer of `GET /v1/metrics/cache`."""


class FunnelAnswer(Answer[Funnels]):
    """The answer of `GET /v1/metrics/funnel`."""


class Experiments(View):
    """What was counted by variation, and what is believed of it.

    Attributes:
        variations: counts over the window, by flag, of those that are declared as dimensions:
            counts alone, without any judgement of them.
        running: the experiments that take in subjects now, each since its beginning: subjects by
            variation and the verdict of the last look.
    """

    variations: tuple[Variation, ...]
    running: list[ExperimentRow]


class ExperimentsAnswer(Answer[Experiments]):
    """The answer of `GET /v1/metrics/experiments`."""


def response[Data](answer: Answer[Data], form: Format, rows_of: Rows[Data]) -> Response:
    """The answer whole as JSON, or its rows in another form."""
    if form == "json":
        return Response(answer.model_dump_json(), media_type=JSON)
    rows = [flat(each) for each in rows_of(answer.data)]
    if form == "csv":
        return Response(to_csv(rows), media_type=f"{CSV}; charset=utf-8")
    return Response(to_json_lines(rows), media_type=JSON_LINES)


def _meta(now: datetime, found: Found) -> Meta:
    age_ms = None if found.folded_at is None else _ms(now - found.folded_at)
    return Meta(
        start=found.span.start,
        end=found.span.end,
        freshness_ms=age_ms,
        buckets_read=found.buckets_read,
    )


def _ms(age: timedelta) -> int:
    return max(0, age // timedelta(milliseconds=1))

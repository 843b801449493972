"""What a whole request to flag-eval costs: authentication, evaluation, JSON, a log line."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.bench.flags.definitions import NOW, document, names, subjects
from infra.inprocess.account import MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.callers import http_event
from infra.inprocess.cloud import INDEXES
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.proof import Unmeasurable

EVERY: Final = "POST /ofrep/v1/evaluate/flags"
FUNCTION: Final = "flag_eval"
SHARDS: Final = 4
OK: Final = 200


def requests_ms(
    rounds: int, count: int, tick: Callable[[], float]
) -> Mapping[str, Sequence[float]]:
    """Processor milliseconds of each request by its kind, with `count` flags published.

    Raises:
        Unmeasurable: a request is not answered.
    """
    account = MemoryAccount(
        MemoryTables(indexes={"listed": INDEXES["traces"]}),
        MemoryQueues(_noon),
        MemoryBuckets(),
        _noon,
    )
    with TemporaryDirectory() as folder, account.functions([FUNCTION]):
        published = Path(folder) / "bench.yaml"
        published.write_text("\n---\n".join(json.dumps(document(name)) for name in names(count)))
        key = account.furnish([published])
        function = account.start(FUNCTION, SHARDS)

        def timed(event: Mapping[str, object]) -> float:
            began = tick()
            answer = function(event)
            took_s = tick() - began
            if answer["statusCode"] != OK:
                raise Unmeasurable(f"flag-eval answers {answer['statusCode']}")
            return took_s * 1000

        body = {"context": subjects(2)[1]}
        path = {"key": names(count)[count // 2]}
        asked = {
            "one flag": http_event(f"{EVERY}/{{key+}}", body, key=key, path=path),
            f"all of {count} flags and the examples": http_event(EVERY, body, key=key),
        }
        for event in asked.values():
            timed(event)
        return {kind: [timed(event) for _ in range(rounds)] for kind, event in asked.items()}


def _noon() -> datetime:
    return NOW

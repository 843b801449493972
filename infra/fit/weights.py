"""The file of published weights: the model's numbers, where they come from, how good they are."""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from cairn.behavior.risk import WEIGHTS, RiskModel
from infra.fit.proof import PURPOSE, held_out_measures
from infra.fit.visits import HELD_OUT, SALT, Visit

SOURCE = {
    "data": "Online Shoppers Purchasing Intention, UCI Machine Learning Repository",
    "cite": "Sakar, Polat, Katircioglu, Kastro (2018), Neural Computing and Applications",
    "licence": "CC BY 4.0",
}

type Published = dict[str, object]


def published(model: RiskModel, visits: Sequence[Visit], csv: Path, today: date) -> Published:
    """What is published of a fit."""
    return {
        "model": model.model_dump(mode="json", exclude_none=True),
        "provenance": {
            **SOURCE,
            "sessions": len(visits),
            "sha256": sha256(csv.read_bytes()).hexdigest(),
            "command": "cairn fit risk online_shoppers_intention.csv",
            "date": today.isoformat(),
            "held_out": f"{HELD_OUT:.0%} of the rows, by BLAKE2b of {SALT}/<row>",
            "left_out": "PageValues, BounceRates, ExitRates and all that only the shop knew; month",
            "says": PURPOSE,
        },
        "measured": held_out_measures(model, visits),
    }


def write(found: Published, path: Path = WEIGHTS) -> bool:
    """Writes the weights, unless they say the same already, on whatever date; says whether."""
    if path.exists() and _timeless(json.loads(path.read_text())) == _timeless(found):
        return False
    path.write_text(json.dumps(found, indent=2) + "\n")
    return True


def _timeless(found: Published) -> Published:
    provenance = found.get("provenance")
    known = provenance if isinstance(provenance, dict) else {}
    return {**found, "provenance": {**known, "date": None}}

"""The flags and the subjects of the bench: the same rules in every side's own words.

Every flag has two rules, each with a condition on three attributes: the first forces a variation,
the second is an experiment that splits whom it concerns in halves.
"""

import json
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from cairn.configuration.model import Document, Kind, Snapshot, digest_of
from cairn.flags.published import Ruleset, Rulesets

type Json = dict[str, JsonValue]

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
VARIATIONS: Final[Json] = {"plain": "Hello", "warm": "Good to see you", "bold": "Hey!"}
COUNTRIES: Final[list[JsonValue]] = ["DE", "AT", "CH"]
PLAN: Final = "enterprise"
PLANS: Final[list[JsonValue]] = ["trial", "business"]
OFTEN: Final = 3
SEATS: Final = 50


def names(count: int) -> list[str]:
    """The ids of so many flags."""
    return [f"flag-{number:04d}" for number in range(count)]


def document(name: str) -> Json:
    """A flag as it is published."""
    return {
        "kind": "flag",
        "id": name,
        "type": "string",
        "variations": VARIATIONS,
        "default": "plain",
        "rules": [
            {
                "id": "contract",
                "when": {"country": {"$in": COUNTRIES}, "plan": PLAN, "seats": {"$gte": SEATS}},
                "variation": "bold",
            },
            {
                "id": "compare",
                "when": {
                    "onboarded": False,
                    "$or": [{"plan": {"$in": PLANS}}, {"visits": {"$gte": OFTEN}}],
                },
                "split": {"plain": 0.5, "warm": 0.5},
                "experiment": f"{name}-test",
            },
        ],
    }


def flagd_configuration(count: int) -> Json:
    """So many flags in flagd's words."""
    concerned: Json = {
        "and": [
            {"in": [{"var": "country"}, COUNTRIES]},
            {"==": [{"var": "plan"}, PLAN]},
            {">=": [{"var": "seats"}, SEATS]},
        ]
    }
    often: Json = {"or": [{"in": [{"var": "plan"}, PLANS]}, {">=": [{"var": "visits"}, OFTEN]}]}
    compared: Json = {"and": [{"==": [{"var": "onboarded"}, False]}, often]}
    halves: Json = {"fractional": [["plain", 50], ["warm", 50]]}
    flag: Json = {
        "state": "ENABLED",
        "variants": VARIATIONS,
        "defaultVariant": "plain",
        "targeting": {"if": [concerned, "bold", compared, halves, "plain"]},
    }
    return {"flags": dict.fromkeys(names(count), flag)}


def ruleset(count: int) -> Ruleset:
    """So many flags, compiled."""
    documents = {}
    for name in names(count):
        body = json.dumps(document(name))
        documents[f"flag/{name}"] = Document(Kind.FLAG, name, 1, body, digest_of(body))
    return Rulesets().of(Snapshot("bench", 1, documents), NOW)


def subjects(count: int) -> list[Json]:
    """So many evaluation contexts: half of them meet the first rule, half the second."""
    return [
        {
            "targetingKey": f"u-{number}",
            "country": "DE",
            "plan": PLAN if number % 2 else "trial",
            "seats": 50 + number,
            "visits": number % 5,
            "onboarded": False,
        }
        for number in range(count)
    ]

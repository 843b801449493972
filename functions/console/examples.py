"""Bodies to start with, shown in the API's description; tests send them."""

from typing import Final

from pydantic import JsonValue

DECISION: Final[JsonValue] = {
    "surface": "form",
    "flow": "onboarding",
    "subject": {"id": "u-42", "traits": {"country": "DE", "plan": "trial"}},
    "answers": {"company_size": "11-50"},
    "events": [
        {
            "id": "evt_0199e3a2f4b87c01a5d2c3e4f5061728",
            "type": "field.focused",
            "field": "vat_id",
            "at": "2026-11-20T10:00:00Z",
        }
    ],
    "deadline_ms": 1500,
}

SESSION: Final[JsonValue] = {
    "flow": "onboarding",
    "subject": {"id": "u-42", "traits": {"country": "DE"}},
}

EVENTS: Final[JsonValue] = {
    "events": [
        {
            "id": "evt_0199e3a2f4b87c01a5d2c3e4f5061729",
            "type": "page.viewed",
            "at": "2026-11-20T10:00:00Z",
            "session_id": "ses_5d1f0c9b7a3e4826915fd0b3c7a8e246",
            "attributes": {"kind": "pricing", "duration_ms": 5400},
        }
    ]
}

EVALUATION: Final[JsonValue] = {"context": {"targetingKey": "u-42", "country": "DE"}}

REPLAY: Final[JsonValue] = {"threshold": 0.9}

FLAG: Final[JsonValue] = {
    "kind": "flag",
    "id": "new-checkout",
    "description": "Whether the checkout is the new one.",
    "owner": "checkout",
    "tags": ["rollout"],
    "type": "boolean",
    "default": "off",
    "rules": [{"id": "gradual", "split": {"on": 1.0}, "coverage": 0.1}],
}

ROLLOUT: Final[JsonValue] = {"rule": "gradual", "coverage": 0.25}

TRACES: Final[JsonValue] = {
    "resourceSpans": [
        {
            "resource": {
                "attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]
            },
            "scopeSpans": [
                {
                    "scope": {"name": "checkout.tracer"},
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "POST /checkout",
                            "kind": 2,
                            "startTimeUnixNano": "1795168800000000000",
                            "endTimeUnixNano": "1795168800120000000",
                            "attributes": [
                                {"key": "http.request.method", "value": {"stringValue": "POST"}},
                                {"key": "http.response.status_code", "value": {"intValue": "200"}},
                            ],
                            "status": {"code": 1},
                        }
                    ],
                }
            ],
        }
    ]
}

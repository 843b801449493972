"""What the log says of a decision: no values that a visitor gave."""

from cairn.decisions.decide import DecisionResult
from cairn.platform.observability.correlation import pseudonym
from cairn.platform.observability.invocation import Field


def notes(made: DecisionResult) -> dict[str, Field]:
    """The fields of the log line; the session's id is a secret and only stands as a pseudonym."""
    record, answer = made.record, made.decision
    session_id = answer.session_id
    return {
        "decision_id": answer.id,
        "session_id": pseudonym(record.workspace, session_id) if session_id else None,
        "subject": record.subject,
        "surface": record.surface,
        "flow": answer.flow,
        "flow_version": answer.flow_version,
        "step": record.step,
        "persona": record.persona,
        "source": answer.source,
        "tier_path": " > ".join(f"{each.source}:{each.outcome}" for each in record.attempts),
        "cache_hit": answer.source == "cache",
        "cache_layer": record.cache_layer,
        "model_calls": len(record.consulted),
        "model_attempts": sum(len(each.attempts) for each in record.consulted),
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        "experiments": [f"{each.key}={each.variation}" for each in answer.experiments],
        "cost_usd": answer.usage.cost_usd,
        "degraded": [each.code for each in record.degraded],
        "reported": made.reported,
        "repeated": made.reported is None,
    }

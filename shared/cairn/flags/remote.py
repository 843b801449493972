"""Answers remote evaluation: one flag or all, and whether what a client holds is still true."""

import json
from hashlib import blake2b
from typing import Final

from pydantic import JsonValue

from cairn.conditions.model import Attributes
from cairn.flags.evaluate import Known, evaluate
from cairn.flags.model import Sticky
from cairn.flags.ofrep import (
    BulkEvaluation,
    ErrorCode,
    EvaluationFailure,
    EvaluationSuccess,
    sticky_of,
    success,
)
from cairn.flags.placing import TargetingKeyMissing
from cairn.flags.published import Ruleset, Unreadable

type Answer = EvaluationSuccess | EvaluationFailure

SEMANTICS: Final = b"cairn-flags-3"
"""Part of every entity tag; changes when the same flags and context may evaluate differently."""


def answer_one(ruleset: Ruleset, key: str, context: Attributes) -> Answer:
    """What one flag is, or why it is nothing."""
    return _answer(ruleset, key, context, sticky_of(context), {})


def answer_all(ruleset: Ruleset, context: Attributes) -> BulkEvaluation:
    """What all flags are, in the order of their keys."""
    sticky, known = sticky_of(context), dict[str, JsonValue]()
    flags = [_answer(ruleset, key, context, sticky, known) for key in sorted(ruleset.flags)]
    return BulkEvaluation(flags=flags, metadata={"version": ruleset.version})


def entity_tag(ruleset: Ruleset, context: Attributes) -> str:
    """A strong entity tag (RFC 9110, section 8.8.3) of the answer for all flags.

    The content of the flags and the context determine the answer, so nothing is evaluated for it.
    """
    source = [ruleset.workspace, ruleset.version, context]
    canonical = json.dumps(source, sort_keys=True, separators=(",", ":"))
    return f'"{blake2b(canonical.encode(), digest_size=16, person=SEMANTICS).hexdigest()}"'


def still_true(if_none_match: str, tag: str) -> bool:
    """Whether an `If-None-Match` header names `tag` (weak comparison, RFC 9110, 13.1.2)."""
    held = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag in held or "*" in held


def _answer(
    ruleset: Ruleset, key: str, context: Attributes, sticky: Sticky, known: Known
) -> Answer:
    flag = ruleset.flags.get(key)
    if flag is None:
        return _failure(key, "FLAG_NOT_FOUND", f"There is no flag {key!r}.")
    if isinstance(flag, Unreadable):
        return _failure(key, "GENERAL", "The flag's document cannot be read.")
    try:
        return success(evaluate(flag, context, sticky=sticky, known=known))
    except TargetingKeyMissing as error:
        return _failure(key, "TARGETING_KEY_MISSING", error.detail)


def _failure(key: str, code: ErrorCode, detail: str) -> EvaluationFailure:
    return EvaluationFailure(key=key, errorCode=code, errorDetails=detail)

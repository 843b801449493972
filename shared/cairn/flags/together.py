"""What the flags and segments of a workspace must agree on before they may be published."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic import JsonValue

from cairn.conditions.bounds import check_bounds
from cairn.conditions.model import ConditionError
from cairn.flags.documents import FlagDocument, PrerequisiteDocument
from cairn.flags.growthbook.evaluations import MOST, evaluations_of
from cairn.flags.prerequisites import MAX_DEPTH, in_cycles, needs_of
from cairn.flags.segments import Segments, named_in
from cairn.platform.errors import Violation

type Flags = Mapping[str, FlagDocument]


def check_together(flags: Flags, segments: Segments) -> dict[str, list[Violation]]:
    """Whatever a flag says of other documents that is not so, by the flag's id.

    Args:
        flags: all that would be published, by id; archived ones too.
        segments: the same of segments.

    Returns:
        JSON pointers into each flag's document; flags without fault are left out.
    """
    chains = _of_chains(flags)
    found: dict[str, list[Violation]] = {}
    for name, flag in flags.items():
        violations = [*_of_prerequisites(flag, flags), *_of_segments(flag, segments)]
        violations += chains.get(name, ())
        if violations:
            found[name] = violations
    return found


def _of_chains(flags: Flags) -> dict[str, list[Violation]]:
    """What is wrong with all that a flag needs, by way of others too."""
    needs, evaluations = needs_of(flags), evaluations_of(flags)
    cyclic = in_cycles(needs)
    found: dict[str, list[Violation]] = {}
    for name, needed in needs.items():
        count = evaluations.get(name)
        if name in cyclic:
            detail = "the flag depends on itself, by way of others"
            found[name] = [_chain("cyclic_prerequisites", detail)]
        elif count is None and needed.isdisjoint(cyclic):
            detail = f"a chain of prerequisites has at most {MAX_DEPTH} flags"
            found[name] = [_chain("too_deep", detail)]
        elif count is not None and count > MOST:
            detail = (
                f"an SDK would evaluate {count} flags for this one, and may evaluate {MOST}; "
                "a prerequisite of the flag counts once, one of a rule for each variation"
            )
            found[name] = [_chain("too_many_evaluations", detail)]
    return found


def _chain(code: str, detail: str) -> Violation:
    return Violation("/prerequisites", f"flag.{code}", detail)


def _of_prerequisites(flag: FlagDocument, flags: Flags) -> Iterator[Violation]:
    if flag.archived:
        return
    for pointer, each in _prerequisites(flag):
        needed = flags.get(each.flag)
        if needed is None or needed.archived:
            what = "no" if needed is None else "only an archived"
            detail = f"there is {what} flag {each.flag!r}"
            yield Violation(f"{pointer}/flag", "flag.unknown_prerequisite", detail)


def _of_segments(flag: FlagDocument, segments: Segments) -> Iterator[Violation]:
    """A condition that is too large by itself is told by `check_flag`."""
    for index, rule in enumerate(flag.rules):
        at, when = f"/rules/{index}/when", dict(rule.when or {})
        with suppress(ConditionError):
            for pointer, name in [*named_in(when, at)]:
                if name not in segments:
                    detail = f"there is no segment {name!r}"
                    yield Violation(pointer, "flag.unknown_segment", detail)
            yield from _of_size(segments.expanded(when), at)


def _of_size(expanded: JsonValue, at: str) -> Iterator[Violation]:
    try:
        check_bounds(expanded)
    except ConditionError as error:
        for each in error.violations:
            yield Violation(at, each.code, f"{each.detail}, with what its segments say")


def _prerequisites(flag: FlagDocument) -> Iterator[tuple[str, PrerequisiteDocument]]:
    for index, each in enumerate(flag.prerequisites):
        yield f"/prerequisites/{index}", each
    for nth, rule in enumerate(flag.rules):
        for index, each in enumerate(rule.prerequisites):
            yield f"/rules/{nth}/prerequisites/{index}", each

"""What must hold between the parts of a flow before it can be published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from cairn.decisions.surfaces.form.answers import fault
from cairn.decisions.surfaces.form.condition_scope import NAMES, PERSONA, Readable, unreadable
from cairn.decisions.surfaces.form.parts import (
    CascadeSettings,
    FormField,
    Persona,
    Rule,
    Step,
    Variant,
    Variants,
    When,
)
from cairn.decisions.surfaces.form.validators import misfits
from cairn.events.registry import COMPLETE
from cairn.platform.errors import Violation

UNKNOWN_BEFORE_DONE: Final = frozenset({PERSONA, *NAMES})
"""What is only known after it is known which steps are done: a requirement may not read it."""

CHOICES: Final = frozenset({"select", "multiselect"})


class Flow(Protocol):
    """The parts that are checked against each other."""

    @property
    def id(self) -> str: ...  # noqa: D102  # see `FlowDocument`
    @property
    def personal_traits(self) -> tuple[str, ...]: ...  # noqa: D102  # the same
    @property
    def steps(self) -> tuple[Step, ...]: ...  # noqa: D102  # the same
    @property
    def order(self) -> tuple[str, ...]: ...  # noqa: D102  # the same
    @property
    def personas(self) -> tuple[Persona, ...]: ...  # noqa: D102  # the same
    @property
    def cascade(self) -> CascadeSettings: ...  # noqa: D102  # the same
    @property
    def rules(self) -> tuple[Rule, ...]: ...  # noqa: D102  # the same
    @property
    def variants(self) -> Variants | None: ...  # noqa: D102  # the same


def violations(flow: Flow) -> list[Violation]:
    """Every broken rule, with a JSON pointer into the flow; none where it can be published."""
    return [
        *_names(flow),
        *_fields(flow),
        *_order(flow),
        *_rules(flow),
        *_conditions(flow),
        *_repeated([(f"/cascade/tiers/{n}", each) for n, each in enumerate(flow.cascade.tiers)]),
        *_variants(flow),
    ]


def _variants(flow: Flow) -> Iterator[Violation]:
    if flow.variants is None:
        return
    for name, each in flow.variants.variations.items():
        at = f"/variants/variations/{name}"
        yield from _repeated([(f"{at}/tiers/{n}", tier) for n, tier in enumerate(each.tiers or ())])
        if each.flow is not None and each != Variant(flow=each.flow):
            detail = "a variant that names another flow may not change anything else"
            yield _violation(f"{at}/flow", "variant", detail)
        if each.flow == flow.id:
            yield _violation(f"{at}/flow", "variant", "the flow cannot replace itself")


def _names(flow: Flow) -> Iterator[Violation]:
    steps = [(f"/steps/{place}/id", step.id) for place, step in enumerate(flow.steps)]
    yield from _repeated(steps)
    yield from _repeated([(f"{at}/id", field.id) for at, field in _located_fields(flow)])
    yield from _repeated([(f"/personas/{n}/id", each.id) for n, each in enumerate(flow.personas)])
    yield from _repeated([(f"/rules/{n}/id", each.id) for n, each in enumerate(flow.rules)])
    for at, name in steps:
        if name == COMPLETE:
            yield _violation(at, "reserved_id", f"every flow has {COMPLETE!r} already")


def _fields(flow: Flow) -> Iterator[Violation]:
    for at, field in _located_fields(flow):
        if bool(field.options) != (field.kind in CHOICES):
            wanted = "needs options" if field.kind in CHOICES else "takes no options"
            yield _violation(f"{at}/options", "options", f"a {field.kind} {wanted}")
        values = [option.value for option in field.options or ()]
        yield from _repeated([(f"{at}/options/{n}", value) for n, value in enumerate(values)])
        for place, message in misfits(field):
            yield _violation(f"{at}/validators{place}", "validators", message)
        defaults = [
            ("", field.default),
            *((f"/adjustments/{n}", each.default) for n, each in enumerate(field.adjustments)),
        ]
        for place, default in defaults:
            broken = None if default is None else fault(field, default)
            if broken is not None:
                yield _violation(f"{at}{place}/default", "default", broken)


def _order(flow: Flow) -> Iterator[Violation]:
    steps = {step.id for step in flow.steps}
    if flow.order and (set(flow.order) != steps or len(flow.order) != len(flow.steps)):
        yield _violation("/order", "order", "the order must name every step once")


def _rules(flow: Flow) -> Iterator[Violation]:
    steps = {step.id: step for step in flow.steps}
    for place, rule in enumerate(flow.rules):
        at = f"/rules/{place}"
        if rule.step in steps:
            yield from _shown(rule, steps[rule.step], f"{at}/fields")
        elif rule.step != COMPLETE:
            yield _violation(f"{at}/step", "unknown_step", f"there is no step {rule.step!r}")
        elif rule.fields:
            yield _violation(f"{at}/fields", "unknown_field", f"{COMPLETE!r} has no fields")


def _shown(rule: Rule, step: Step, at: str) -> Iterator[Violation]:
    if rule.fields is None:
        return
    known = {field.id for field in step.fields}
    for place, name in enumerate(rule.fields):
        if name not in known:
            detail = f"step {step.id!r} has no field {name!r}"
            yield _violation(f"{at}/{place}", "unknown_field", detail)
    yield from _repeated([(f"{at}/{place}", name) for place, name in enumerate(rule.fields)])
    for field in step.fields:
        if may_be_required(field) and field.id not in rule.fields:
            yield _violation(at, "required_field", f"the required field {field.id!r} must be shown")


def may_be_required(field: FormField) -> bool:
    """Whether a field is required, always or in some case."""
    return field.required or any(each.required for each in field.adjustments)


def _conditions(flow: Flow) -> Iterator[Violation]:
    fields = [field for step in flow.steps for field in step.fields]
    readable = Readable(
        fields=frozenset(field.id for field in fields),
        personas=frozenset(each.id for each in flow.personas),
        personal=frozenset(
            [f"answers.{field.id}" for field in fields if field.personal]
            + [f"subject.{trait}" for trait in flow.personal_traits]
        ),
    )
    for place, persona in enumerate(flow.personas):
        yield from unreadable(persona.when, f"/personas/{place}/when", readable, hidden={PERSONA})
    for place, step in enumerate(flow.steps):
        yield from unreadable(step.when, f"/steps/{place}/when", readable)
    for place, rule in enumerate(flow.rules):
        yield from unreadable(rule.when, f"/rules/{place}/when", readable)
    for at, field in _located_fields(flow):
        yield from _of_field(field, at, readable)


def _of_field(field: FormField, at: str, readable: Readable) -> Iterator[Violation]:
    for place, each in enumerate(field.adjustments):
        hidden = UNKNOWN_BEFORE_DONE if each.required else ()
        yield from unreadable(each.when, f"{at}/adjustments/{place}/when", readable, hidden=hidden)
    if field.default_from is not None:
        # A default is a value: to read it is more than to ask whether it is there.
        of_value: When = {field.default_from: {"$exists": True, "$ne": None}}
        for each_fault in unreadable(of_value, "", readable):
            yield Violation(f"{at}/default_from", each_fault.code, each_fault.detail)
    for number, option in enumerate(field.options or ()):
        for place, name in enumerate(option.personas):
            if name not in readable.personas:
                where = f"{at}/options/{number}/personas/{place}"
                yield _violation(where, "unknown_persona", f"there is no persona {name!r}")


def _located_fields(flow: Flow) -> list[tuple[str, FormField]]:
    return [
        (f"/steps/{place}/fields/{position}", field)
        for place, step in enumerate(flow.steps)
        for position, field in enumerate(step.fields)
    ]


def _repeated(named: Sequence[tuple[str, str]]) -> Iterable[Violation]:
    counts = Counter(name for _, name in named)
    return [
        _violation(at, "repeated_id", f"{name!r} is given more than once")
        for at, name in named
        if counts[name] > 1
    ]


def _violation(at: str, code: str, detail: str) -> Violation:
    return Violation(at, f"flow.{code}", detail)

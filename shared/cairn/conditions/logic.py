"""And, or, not: joining tests and checks alike."""

from collections.abc import Callable, Sequence

from cairn.conditions.model import always

type Predicate[Subject] = Callable[[Subject], bool]


def complement[Subject](predicate: Predicate[Subject]) -> Predicate[Subject]:
    """Holds where `predicate` does not."""
    return lambda subject: not predicate(subject)


def all_of[Subject](predicates: Sequence[Predicate[Subject]]) -> Predicate[Subject]:
    """Holds where all do; always, where there are none."""
    match predicates:
        case []:
            return always
        case [only]:
            return only
        case [first, second]:
            return lambda subject: first(subject) and second(subject)
        case [first, second, third]:
            return lambda subject: first(subject) and second(subject) and third(subject)

    def holds(subject: Subject) -> bool:
        for predicate in predicates:  # noqa: SIM110  # a generator costs as much as a predicate
            if not predicate(subject):
                return False
        return True

    return holds


def any_of[Subject](predicates: Sequence[Predicate[Subject]]) -> Predicate[Subject]:
    """Holds where one does; always, where there are none, as the specification wants it."""
    match predicates:
        case []:
            return always
        case [only]:
            return only
        case [first, second]:
            return lambda subject: first(subject) or second(subject)

    def holds(subject: Subject) -> bool:
        for predicate in predicates:  # noqa: SIM110  # a generator costs as much as a predicate
            if predicate(subject):
                return True
        return False

    return holds


def none_of[Subject](predicates: Sequence[Predicate[Subject]]) -> Predicate[Subject]:
    """The complement of `any_of`."""
    return complement(any_of(predicates))

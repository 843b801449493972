"""Turns written documents into publishable ones, or into every problem that they have."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError

from cairn.configuration.canonical import MAX_BODY_BYTES, canonical_json
from cairn.configuration.model import Kind
from cairn.platform.clock import Clock, system_clock
from cairn.platform.http import pointer
from infra.configuration.agreement import disagreements
from infra.configuration.authored import Authored
from infra.configuration.kinds import model_of, rules_of
from infra.configuration.lint import errors
from infra.configuration.problems import InvalidConfiguration, Problem
from infra.configuration.reading import Written, files_below, read_file


def read_configuration(path: Path, clock: Clock = system_clock) -> list[Authored]:
    """Every document below `path`, in the order of files and places.

    Args:
        path: a folder or one file.
        clock: by which experiments go on or are over.

    Raises:
        InvalidConfiguration: with all problems of all files.
    """
    problems: list[Problem] = []
    authored: list[Authored] = []
    for file in files_below(path):
        documents, unreadable = read_file(file)
        problems += unreadable
        for document in documents:
            one, wrong = _validated(document)
            problems += wrong
            authored += one
    problems += [*_repeated(authored), *disagreements(authored, clock()), *errors(authored)]
    if not authored and not problems:
        problems = [Problem(path, 1, "", "the files hold no documents")]
    if problems:
        raise InvalidConfiguration(sorted(problems))
    return authored


def _validated(document: Written) -> tuple[list[Authored], list[Problem]]:
    value = document.reading.value
    if not isinstance(value, dict):
        return [], [document.problem("", "a document is a mapping with kind and id")]
    named = value.get("kind")
    if not isinstance(named, str) or named not in set(Kind):
        known = ", ".join(Kind)
        return [], [document.problem("/kind", f"unknown kind; there are {known}")]
    kind = Kind(named)
    try:
        model = model_of(kind).model_validate(value)
    except ValidationError as error:
        return [], _of_model(document, error)
    broken = rules_of(kind)(model)
    if broken:
        return [], [document.problem(each.pointer, each.detail) for each in broken]
    try:
        body = canonical_json(model)
    except PydanticSerializationError:
        return [], [
            document.problem(
                "", "a text in it is not Unicode: it contains half of a surrogate pair"
            )
        ]
    return _bounded(Authored(kind, _id_of(model), document, model, body))


def _id_of(model: BaseModel) -> str:
    return str(model.model_dump(include={"id"})["id"])


def _bounded(authored: Authored) -> tuple[list[Authored], list[Problem]]:
    if len(authored.body.encode()) <= MAX_BODY_BYTES:
        return [authored], []
    limit = f"a document has at most {MAX_BODY_BYTES // 1024} KB of JSON"
    return [], [authored.written.problem("", limit)]


def _of_model(document: Written, error: ValidationError) -> list[Problem]:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [document.problem(_where(document.reading.value, each), each["msg"]) for each in details]


def _where(value: JsonValue, detail: ErrorDetails) -> str:
    """The pointer of a validation error, without pydantic's own steps (tags of unions and such)."""
    steps: list[str | int] = []
    for part in detail["loc"]:
        if isinstance(value, dict) and str(part) in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif part != detail["loc"][-1] or detail["type"] != "missing":
            continue
        steps.append(part)
    return pointer(tuple(steps))


def _repeated(authored: Sequence[Authored]) -> Iterable[Problem]:
    first: dict[str, Authored] = {}
    for each in authored:
        former = first.setdefault(each.address, each)
        if former is not each:
            place = f"{former.written.file}:{former.written.reading.line_of('/id')}"
            yield each.written.problem("/id", f"{each.address} is already at {place}")

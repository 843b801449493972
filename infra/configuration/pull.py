"""Takes over into files what the API changed since they were last applied."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import yaml
from pydantic import JsonValue

from cairn.configuration.model import Document, Release, Snapshot
from infra.configuration.authored import Authored
from infra.configuration.validating import read_configuration
from infra.configuration.yaml_nodes import CoreDumper, CoreLoader

WIDTH: Final = 100

_SEPARATOR: Final = re.compile(r"---(\s|$)")
"""Where a document begins; nothing else in YAML looks so at the beginning of a line."""


class Publications(Protocol):
    """Where releases are read."""

    def release(self, workspace: str) -> Release:
        """The current release; version 0 where there is none."""
        ...

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        """A release with its documents."""
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """A document that was taken over.

    Attributes:
        action: `add` made a file of its own; `change` replaced the document in its file.
        version: the published one.
    """

    address: str
    action: Literal["add", "change"]
    file: Path
    version: int


def pull(path: Path, store: Publications, *, workspace: str) -> list[Pulled]:
    """Writes documents that the API changed into the files below `path`, as they are published.

    Comments before such a document stay, those inside it go. Files that say already what is
    published stay as they are; the next `apply` finds that they agree.

    Raises:
        InvalidConfiguration: the files have problems of their own.
    """
    release = store.release(workspace)
    published = store.snapshot(release, None).documents
    written = {each.address: each for each in read_configuration(path)}
    edited = {
        name: published[name] for name, entry in release.entries.items() if entry.base is not None
    }
    return [*_replaced(edited, written), *_added(edited, written, path)]


def _replaced(edited: Mapping[str, Document], written: Mapping[str, Authored]) -> Iterator[Pulled]:
    """From the last line of a file to its first, so that no line moves before it is used."""
    differing = [
        each for name, each in written.items() if name in edited and edited[name].body != each.body
    ]
    for each in sorted(differing, key=lambda it: it.written.reading.line_of(""), reverse=True):
        document, file = edited[each.address], each.written.file
        text = file.read_text(encoding="utf-8")
        line = each.written.reading.line_of("") - 1
        file.write_text(_with(text, line, yaml_of(document)), encoding="utf-8")
        yield Pulled(each.address, "change", file, document.version)


def _added(
    edited: Mapping[str, Document], written: Mapping[str, Authored], path: Path
) -> Iterator[Pulled]:
    folder = path if path.is_dir() else path.parent
    for name, document in sorted(edited.items()):
        if name not in written:
            file = folder / f"{document.kind}-{document.id}.yaml"
            file.write_text(yaml_of(document), encoding="utf-8")
            yield Pulled(name, "add", file, document.version)


def yaml_of(document: Document) -> str:
    """A document as somebody would write it: a line for each key, small things within one."""
    value: JsonValue = json.loads(document.body)
    dense = yaml.dump(value, Dumper=CoreDumper, sort_keys=False, default_flow_style=None)
    node = yaml.compose(dense, Loader=CoreLoader)
    if isinstance(node, yaml.MappingNode):
        node.flow_style = False
    return str(yaml.serialize(node, Dumper=CoreDumper, allow_unicode=True, width=WIDTH))


def _with(text: str, line: int, document: str) -> str:
    """The text of a file, with another document in the place of that which begins in a line."""
    lines = text.splitlines(keepends=True)
    end = next(
        (at for at in range(line + 1, len(lines)) if _SEPARATOR.match(lines[at])), len(lines)
    )
    begins = "---\n" if _SEPARATOR.match(lines[line]) else ""
    return "".join([*lines[:line], begins, document, *lines[end:]])

"""The published JSON Schemas of configuration documents, for editors and other tools."""

import json
from pathlib import Path
from typing import Final

from cairn.configuration.model import Kind
from infra.configuration.kinds import model_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIERS: Final = "https://cairn.dev/schemas/"
FOLDER: Final = Path(__file__).with_name("schemas")


def schema_of(kind: Kind) -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a kind's documents."""
    return {
        "$schema": DIALECT,
        "$id": f"{IDENTIFIERS}{kind}.json",
        **model_of(kind).model_json_schema(),
    }


def schema_text(kind: Kind) -> str:
    """The schema as it is printed and committed."""
    return json.dumps(schema_of(kind), indent=2) + "\n"


def committed(kind: Kind) -> Path:
    """Where the repository keeps the schema."""
    return FOLDER / f"{kind}.json"


def write_all() -> list[Path]:
    """Brings the committed schemas up to date, and gives those that were not."""
    stale = [kind for kind in Kind if not _is_current(kind)]
    FOLDER.mkdir(exist_ok=True)
    for kind in stale:
        committed(kind).write_text(schema_text(kind), encoding="utf-8")
    return [committed(kind) for kind in stale]


def _is_current(kind: Kind) -> bool:
    file = committed(kind)
    return file.is_file() and file.read_text(encoding="utf-8") == schema_text(kind)

"""One document that may be published: as it was written, as it is meant, and its canonical JSON."""

from dataclasses import dataclass

from pydantic import BaseModel

from cairn.configuration.model import Document, Kind, address
from infra.configuration.reading import Written


@dataclass(frozen=True, slots=True)
class Authored:
    """One document that may be published.

    Attributes:
        written: as it stands in its file.
        model: as its kind understands it.
        body: its canonical JSON: exactly what was written, with every value in its one form, in
            the model's order. Defaults that nobody wrote are left out, so that the same YAML
            keeps its digest when a later Cairn knows more fields.
    """

    kind: Kind
    id: str
    written: Written
    model: BaseModel
    body: str

    @property
    def address(self) -> str:
        """`<kind>/<id>`."""
        return address(self.kind, self.id)

    @property
    def document(self) -> Document:
        """As a release would hold it, without a version yet."""
        return Document(self.kind, self.id, 0, self.body, "")

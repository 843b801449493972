"""In which form a document is decided on: its own, a variation's, or another document's.

A variation that cannot be served changes nothing: the document is decided on as it is, and the
answer says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cairn.configuration.model import Document, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.decisions.cascade import Outcome
from cairn.decisions.degrading import VARIATION_UNAVAILABLE, degraded_by
from cairn.decisions.lineup import Lineups
from cairn.decisions.surface import OfWorkspace, Surface, Unreadable
from cairn.platform.errors import NotFound, Unprocessable

UNSERVED: Final = degraded_by(VARIATION_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Form[Doc]:
    """What is decided on.

    Attributes:
        document: as it is published.
        doc: as it is executed.
        served: whether it is what the visitor's variation says.
    """

    document: Document
    doc: Doc
    served: bool = True

    def told[Choice](self, outcome: Outcome[Choice]) -> Outcome[Choice]:
        """An outcome with what was missing before anybody was asked."""
        return outcome if self.served else replace(outcome, degraded=(UNSERVED, *outcome.degraded))


class Forms[Doc, Case: OfWorkspace, Choice]:
    """The published documents of one surface, in the forms that are decided on."""

    def __init__(
        self, surface: Surface[Doc, Case, Choice], lineups: Lineups[Doc, Case, Choice]
    ) -> None:
        self._surface = surface
        self._lineups = lineups
        self._compiled = Compiled(surface.kind, surface.compile)

    def published(self, snapshot: Snapshot, name: str) -> Form[Doc]:
        """A document as it is.

        Raises:
            NotFound: there is none of that name.
            Unprocessable: this version of the code cannot read it.
        """
        if snapshot.find(self._surface.kind, name) is None:
            raise NotFound("There is no such flow.", code="flow.not_found")
        found = self._found(snapshot, name)
        if found is None:
            raise Unprocessable("The published flow cannot be read.", code="flow.unreadable")
        return found

    def varied(self, snapshot: Snapshot, form: Form[Doc], variation: str | None) -> Form[Doc]:
        """A document as a variation has it; as it is, where the variation cannot be served.

        Args:
            snapshot: what is published.
            form: the document as it is.
            variation: of the flag that the document depends on; None where it cannot be told.
        """
        found = None if variation is None else self._variant(snapshot, form, variation)
        return found or replace(form, served=False)

    def every(self, snapshot: Snapshot, form: Form[Doc]) -> tuple[Form[Doc], ...]:
        """A document, and all that some variation puts in its place, if it can be read."""
        if self._surface.varied_by(form.doc) is None:
            return (form,)
        kind = self._surface.kind
        named = (each.id for each in self._named(snapshot, form) if each.kind is kind)
        found = (self._found(snapshot, each) for each in named)
        return (form, *(each for each in found if each is not None))

    def beside(self, snapshot: Snapshot, form: Form[Doc]) -> tuple[Document, ...]:
        """Every document that some variation of this one would be decided with."""
        if self._surface.varied_by(form.doc) is None:
            return ()
        forms = self.every(snapshot, form)
        named = (document for each in forms for document in self._named(snapshot, each))
        return tuple(dict.fromkeys(named))

    def _variant(self, snapshot: Snapshot, form: Form[Doc], variation: str) -> Form[Doc] | None:
        """What a variation has decided on; None where it cannot be."""
        variant = self._surface.variant(form.doc, variation)
        if variant is None:
            return form
        if isinstance(variant, str):
            return self._found(snapshot, variant)
        effective = self._lineups.takes_effect(form.doc, variant, snapshot)
        return replace(form, doc=variant) if effective else None

    def _found(self, snapshot: Snapshot, name: str) -> Form[Doc] | None:
        document = snapshot.find(self._surface.kind, name)
        doc = self._compiled.of(snapshot)[name] if document else None
        if document is None or doc is None or isinstance(doc, Unreadable):
            return None
        return Form(document, doc)

    def _named(self, snapshot: Snapshot, form: Form[Doc]) -> Iterator[Document]:
        for name in self._surface.named(form.doc):
            document = snapshot.documents.get(name)
            if document is not None:
                yield document

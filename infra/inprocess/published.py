"""The example configuration as a snapshot, with other models or another cascade."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cairn.configuration.canonical import canonical_json
from cairn.configuration.model import Document, Kind, Snapshot, address, digest_of
from cairn.decisions.finding import Middle
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.llm.documents import ModelsDocument
from infra.configuration.authored import Authored
from infra.configuration.validating import read_configuration
from infra.inprocess.callers import WORKSPACE

EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "onboarding"
FLOW: Final = "onboarding"


def flow_document(tiers: Sequence[Middle], *, rules: bool) -> FlowDocument:
    """The example flow, decided by these tiers.

    Args:
        tiers: what stands between cache and fallback.
        rules: whether the example's rules are kept.
    """
    (written,) = _example(Kind.FLOW)
    flow = json.loads(written.body)
    flow["cascade"] = {**flow.get("cascade", {}), "tiers": list(tiers)}
    return FlowDocument.model_validate(flow if rules else flow | {"rules": []})


def snapshot(flow: FlowDocument, models: ModelsDocument | None = None) -> Snapshot:
    """A flow as it is published, with the example's prompts and, where there are any, models."""
    documents = [_document(Kind.FLOW, flow.id, canonical_json(flow))]
    documents += [_document(each.kind, each.id, each.body) for each in _example(Kind.PROMPT)]
    if models is not None:
        documents.append(_document(Kind.MODELS, models.id, canonical_json(models)))
    return Snapshot(WORKSPACE, 1, {address(each.kind, each.id): each for each in documents})


def _example(kind: Kind) -> list[Authored]:
    return [each for each in read_configuration(EXAMPLE) if each.kind is kind]


def _document(kind: Kind, name: str, body: str) -> Document:
    return Document(kind, name, 1, body, digest_of(body))

"""Whether the keys that providers name may be sent where these stand: the secret says it."""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import ValidationError

from cairn.llm.documents import ModelsDocument, Provider
from cairn.llm.keys import OTHER_HOST, OTHER_WORKSPACE, bound_key
from infra.configuration.authored import Authored
from infra.configuration.problems import Problem

WHY: Final = {
    OTHER_HOST: "may not be sent to this host: the secret names others",
    OTHER_WORKSPACE: "is not for this workspace: the secret names others",
}


def names_keys(authored: Sequence[Authored]) -> bool:
    """Whether any provider needs a key at all."""
    models = (each.model for each in authored if isinstance(each.model, ModelsDocument))
    return any(provider.key for model in models for provider in model.providers)


def unsendable(authored: Sequence[Authored], workspace: str, secret: str) -> Iterator[Problem]:
    """Each key that a provider names in vain, and why; never what it is."""
    for each in authored:
        if isinstance(each.model, ModelsDocument):
            for place, provider in enumerate(each.model.providers):
                if provider.key and (why := _why(provider, workspace, secret)):
                    message = f"no model is asked here: the key {provider.key!r} {why}"
                    yield each.written.problem(f"/providers/{place}/key", message)


def _why(provider: Provider, workspace: str, secret: str) -> str | None:
    try:
        found = bound_key(secret, provider.key or "")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"]))
        return f"cannot be read from the secret: {': '.join(filter(None, (where, first['msg'])))}"
    if found is None:
        return "is not in the secret"
    refusal = found.refusal(workspace, provider)
    return WHY[refusal] if refusal else None

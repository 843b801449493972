"""Scripted model servers as providers of the `models` document."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cairn.llm.documents import Backoff, ModelsDocument, Prices, Provider
from infra.configuration.authored import Authored
from infra.configuration.validating import read_configuration

KEY: Final = "scripted"
"""The name of the key within the secret; the server takes any."""

SECRET: Final = {KEY: {"key": "scripted", "hosts": ["127.0.0.1"]}}
"""What the secret with the keys of providers holds, where they are scripted servers."""

PRICES: Final = Prices.model_validate(
    {"from": date(2026, 1, 1), "uncached": 2.0, "cached": 0.5, "written": 2.5, "output": 8.0}
)
"""USD per million tokens; made up, so that costs are seen to be counted."""


def scripted(*base_urls: str) -> ModelsDocument:
    """Providers that are scripted servers, asked in this order."""
    providers = [
        Provider.model_validate(
            {
                "id": f"scripted-{place}",
                "base_url": base_url,
                "model": "scripted",
                "key": KEY,
                "capabilities": ["tools", "decisions", "prompt_cache"],
                "prices": [PRICES.model_dump()],
            }
        )
        for place, base_url in enumerate(base_urls, start=1)
    ]
    return ModelsDocument(
        kind="models", id="default", providers=tuple(providers), backoff=Backoff(base_ms=50)
    )


def authored_models(document: ModelsDocument) -> Authored:
    """The document as if somebody had written it, so that it passes the same checks."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "models.yaml"
        file.write_text(document.model_dump_json(exclude_unset=True))
        (authored,) = read_configuration(file)
    return authored

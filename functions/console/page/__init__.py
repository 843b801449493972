"""The page of an experiment's results: one document that loads nothing, and says so to browsers.

The page itself holds nothing of anybody: it asks for a key, keeps it in its tab, and reads the
API with it.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent

SCRIPTS: Final = ("elements.js", "charts.js", "parts.js", "asking.js")
"""One script, by its subjects: each knows those before it."""

POLICY: Final = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The page's own script and style by their digests, its own origin's API, and nothing else."""


@dataclass(frozen=True, slots=True)
class Page:
    """A document.

    Attributes:
        policy: its Content-Security-Policy.
    """

    html: str
    policy: str


@cache
def experiment_page() -> Page:
    """The page, put together once in a process."""
    style, script = _read("experiment.css"), script_text()
    html = _read("experiment.html").replace("{style}", style).replace("{script}", script)
    policy = POLICY.replace("{script}", _digest(script)).replace("{style}", _digest(style))
    return Page(html, policy)


def script_text() -> str:
    """The page's script."""
    return "\n".join(map(_read, SCRIPTS))


def _read(name: str) -> str:
    return (HERE / name).read_text()


def _digest(text: str) -> str:
    """A source of a policy (CSP level 3, section 2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"

"""Optimistic locking: whoever changes a document says which version of it they saw."""

from typing import Final

from cairn.configuration.model import Document
from cairn.platform.errors import PreconditionFailed, PreconditionRequired

DIGITS: Final = 16
"""Digits of a document's digest in its entity tag."""

ANY: Final = "*"


def entity_tag(document: Document) -> str:
    """A strong entity tag of a document's content (RFC 9110, section 8.8.3)."""
    return f'"{document.version}-{document.digest[:DIGITS]}"'


def require_match(if_match: str | None) -> None:
    """Asks for an `If-Match` header.

    Raises:
        PreconditionRequired: there is none.
    """
    if if_match is None:
        raise PreconditionRequired(
            "Send the ETag of the version that you read as If-Match.",
            code="configuration.if_match_missing",
        )


def check_match(if_match: str | None, document: Document) -> None:
    """Holds an `If-Match` header, where there is one, against a document (RFC 9110, 13.1.1).

    Raises:
        PreconditionFailed: the document is another than the caller saw.
    """
    if if_match is None:
        return
    tags = [each.strip() for each in if_match.split(",")]
    if ANY not in tags and entity_tag(document) not in tags:
        raise PreconditionFailed(
            f"It is at version {document.version} now; read it again.",
            code="configuration.changed_meanwhile",
        )

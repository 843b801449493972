"""What the variants of flows must agree on with what is published beside them."""

from collections.abc import Container, Iterator, Mapping

from cairn.decisions.surfaces.form.parts import Variants
from cairn.flags.documents import FlagDocument
from cairn.platform.errors import Violation


def check_variants(
    variants: Variants, flags: Mapping[str, FlagDocument], flows: Container[str]
) -> Iterator[Violation]:
    """Every flag, variation or flow that variants name and that is not there.

    Args:
        variants: of one flow.
        flags: all that would be published, by id; archived ones too.
        flows: the ids of all that would be.

    Yields:
        JSON pointers into the flow's document.
    """
    flag = flags.get(variants.flag)
    if flag is None or flag.archived:
        what = "no" if flag is None else "only an archived"
        yield _violation("flag", "unknown_flag", f"there is {what} flag {variants.flag!r}")
    for name, variant in variants.variations.items():
        at = f"variations/{name}"
        if flag is not None and name not in flag.values:
            detail = f"the flag {flag.id!r} has no variation {name!r}"
            yield _violation(at, "unknown_variation", detail)
        if variant.flow is not None and variant.flow not in flows:
            yield _violation(f"{at}/flow", "unknown_flow", f"there is no flow {variant.flow!r}")


def _violation(at: str, code: str, detail: str) -> Violation:
    return Violation(f"/variants/{at}", f"flow.{code}", detail)

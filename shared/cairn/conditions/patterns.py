"""Regular expressions that cannot run away: RE2, linear in the length of the text.

RE2 has no look-around and no back-references; a pattern that needs them does not compile. The
library is imported when the first pattern is compiled, so that conditions without one don't pay.
"""

from collections.abc import Callable
from functools import lru_cache

MAX_PATTERN_CHARS = 1_000
MAX_MEMORY_BYTES = 1 << 20

type Search = Callable[[str], bool]


class PatternError(ValueError):
    """A pattern that RE2 cannot compile, or one that is too large."""


@lru_cache(maxsize=256)
def search(pattern: str, *, ignore_case: bool) -> Search:
    """A function that tells whether `pattern` is found anywhere in a text.

    Raises:
        PatternError: the pattern is invalid, needs what RE2 leaves out, or is too large.
    """
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; costs 10 ms

    if len(pattern) > MAX_PATTERN_CHARS:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN_CHARS} characters")
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.never_capture = True
    options.log_errors = False
    options.max_mem = MAX_MEMORY_BYTES
    try:
        compiled = re2.compile(pattern.encode(), options)
    except re2.error as error:
        raise PatternError(f"the pattern cannot be compiled: {error.args[0].decode()}") from error
    except UnicodeEncodeError as error:
        raise PatternError("the pattern is not valid Unicode") from error
    return lambda text: compiled.search(text.encode(errors="replace")) is not None

"""What readers of metrics may ask for; all else is refused, so that no filter seems to work."""

from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cairn.metrics.breakdown import Segment
from cairn.metrics.variations import VARIATION
from cairn.metrics.windows import LONGEST, WINDOWS
from cairn.platform.errors import InvalidRequest, Violation
from functions.console.answers import Format

type Window = Literal["5m", "15m", "1h", "6h", "24h", "7d", "30d"]

MINUTE: Final = timedelta(minutes=1)
LONGEST_MINUTES: Final = LONGEST // MINUTE

_FLOW: Final = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_VALUE: Final = r"^[^|]{1,200}$"


class Asked(BaseModel):
    """A window.

    Attributes:
        usual: the window of those who ask for none.
    """

    model_config = ConfigDict(extra="forbid")

    usual: ClassVar[Window] = "1h"

    window: Annotated[Window | None, Field(description="A named window; 1h by default.")] = None
    time_window_minutes: Annotated[
        int | None, Field(ge=1, le=LONGEST_MINUTES, description="A window of this many minutes.")
    ] = None

    def over(self) -> tuple[str, timedelta]:
        """The asked window's name and length: a named one or some minutes, otherwise the usual.

        Raises:
            InvalidRequest: both are given.
        """
        if self.window is not None and self.time_window_minutes is not None:
            raise _refused(
                "time_window_minutes", "two_windows", "Give one of the two windows, not both."
            )
        if self.time_window_minutes is not None:
            return f"{self.time_window_minutes}m", self.time_window_minutes * MINUTE
        name = self.window or self.usual
        return name, WINDOWS[name]


class AskedScrape(Asked):
    """A window, asked for again and again."""

    usual: ClassVar[Window] = "5m"

    window: Annotated[Window | None, Field(description="A named window; 5m by default.")] = None


class AskedRows(Asked):
    """A window, and in which form its rows are given."""

    format: Annotated[
        Format,
        Field(description="The whole answer as JSON, or its rows as CSV or JSON lines."),
    ] = "json"


class AskedSplit(AskedRows):
    """Rows that may be split by one dimension."""

    variation: Annotated[
        str | None,
        Field(
            pattern=r"^[^:|]{1,100}:[^|]{1,100}$",
            description="Only visitors with this variation, as `<flag>:<variation>`; that of an "
            "experiment that decisions serve stands under the experiment's id.",
        ),
    ] = None
    group_by: Annotated[
        str | None,
        Field(
            pattern=_VALUE,
            description="A dimension that is declared with `segments`, such as "
            "`variation.<flag>`; flows may always be split by `persona`. What is counted under no "
            "value of it is shown as `unknown`.",
        ),
    ] = None

    def by(self, known: frozenset[str]) -> Segment | None:
        """What the answer is split by.

        Args:
            known: the dimensions whose segments are counted.

        Raises:
            InvalidRequest: two dimensions at once, or one that is not counted by.
        """
        match self.variation, self.group_by:
            case None, None:
                return None
            case None, str(dimension):
                return _known(Segment(dimension), "group_by", known)
            case str(variation), None:
                flag, _, value = variation.partition(":")
                return _known(Segment(VARIATION + flag, value), "variation", known)
            case _:
                raise _refused("group_by", "two_dimensions", "Counts are kept by one dimension.")


class AskedPerformance(AskedSplit):
    """What may be asked of operations."""

    operation: Annotated[
        str | None,
        Field(pattern=_VALUE, description="Only this operation, such as `decide`."),
    ] = None


class AskedFlows(AskedSplit):
    """What may be asked of flows."""

    flow: Annotated[
        str | None,
        Field(
            pattern=_FLOW,
            description="Only this flow; `other` stands for flows that are not published.",
        ),
    ] = None


class AskedFunnel(AskedFlows):
    """What may be asked of funnels."""

    step: Annotated[str | None, Field(pattern=_VALUE, description="Only this step.")] = None


def _known(segment: Segment, field: str, known: frozenset[str]) -> Segment:
    if segment.dimension in known:
        return segment
    names = ", ".join(sorted(known)) or "none"
    detail = f"{segment.dimension} is not declared with segments; those that are: {names}."
    raise _refused(field, "unknown_dimension", detail)


def _refused(field: str, code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(
        "The request is invalid.",
        code="request.invalid",
        violations=[Violation(f"/query/{field}", f"metrics.{code}", detail)],
    )

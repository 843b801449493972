"""The words of flags: documents as they are written, evaluations as they are given."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

TARGETING_KEY: Final = "targetingKey"
"""Where OpenFeature clients put the id of the subject."""

ON: Final = "on"
OFF: Final = "off"

type FlagType = Literal["boolean", "string", "number", "json"]


type VariationName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
type Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
type Fraction = Annotated[float, Field(ge=0, le=1)]


class RuleDocument(BaseModel):
    """One rule: whom it concerns and what they get.

    Exactly one of `variation` and `split` is given. A subject who meets the condition but lies
    outside the coverage goes on to the next rule.

    Attributes:
        id: unique in the flag; named in every evaluation that the rule decides.
        description: what the rule is for.
        when: the condition on the evaluation context; everybody, where absent.
        variation: the one variation to serve.
        split: variations with their weights, which add up to 1.
        coverage: the share of subjects that the rule concerns, 0 to 1; may grow without
            reshuffling those who are in.
        by: the path of the attribute that places a subject.
        seed: shuffles subjects; two flags with one seed place them alike. Default: the flag's id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    description: str = ""
    when: dict[str, JsonValue] | None = None
    variation: VariationName | None = None
    split: dict[VariationName, Fraction] | None = None
    coverage: Fraction = 1.0
    by: Annotated[str, Field(min_length=1, max_length=256)] = TARGETING_KEY
    seed: Annotated[str, Field(min_length=1, max_length=256)] | None = None


class FlagDocument(BaseModel):
    """A flag as it is written in configuration.

    Attributes:
        kind: always `flag`.
        id: the key by which clients ask for the flag.
        description: what the flag decides, for people.
        owner: who answers for it.
        tags: for finding it.
        type: what all its variations are.
        enabled: whether rules apply; otherwise everybody gets the default.
        variations: values by name; a boolean flag has `on` and `off` by itself.
        default: the variation where no rule decides.
        rules: tried in order; the first that concerns a subject decides.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["flag"]
    id: Identifier
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    type: FlagType
    enabled: bool = True
    variations: dict[VariationName, JsonValue] = {}
    default: VariationName
    rules: tuple[RuleDocument, ...] = ()

    @property
    def values(self) -> dict[str, JsonValue]:
        """The variations, with those that a boolean flag has by itself."""
        implied: dict[str, JsonValue] = {ON: True, OFF: False}
        return implied if self.type == "boolean" and not self.variations else self.variations


class Reason(StrEnum):
    """Why a flag has its value, in OpenFeature's words."""

    STATIC = "STATIC"
    """The flag has no rules."""

    TARGETING_MATCH = "TARGETING_MATCH"
    """A rule serves one variation to all it concerns."""

    SPLIT = "SPLIT"
    """A rule placed the subject by hashing."""

    DEFAULT = "DEFAULT"
    """No rule concerned the subject."""

    DISABLED = "DISABLED"
    """The flag is switched off."""

    UNKNOWN = "UNKNOWN"
    """Not known; never given by our own evaluation."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a flag is for one subject, and why.

    Attributes:
        variant: the variation's name.
        rule_id: the rule that decided, if one did.
        flag_version: the version of the flag's document.
    """

    flag: str
    value: JsonValue
    variant: str
    reason: Reason
    rule_id: str | None
    flag_version: int

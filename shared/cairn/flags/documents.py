"""Flags and segments as they are written in configuration."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from cairn.flags.model import TARGETING_KEY

ON: Final = "on"
OFF: Final = "off"

STALE_AFTER_DAYS: Final = 60
"""So long a flag may serve everybody the same before it counts as stale, where it says nothing."""

LAST_BUCKET_VERSION: Final = 1_000
"""How often a rule may assign everybody anew."""

type FlagType = Literal["boolean", "string", "number", "json"]

type VariationName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
type Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
type Fraction = Annotated[float, Field(ge=0, le=1)]
type Path = Annotated[str, Field(min_length=1, max_length=256)]
type Seed = Annotated[str, Field(min_length=1, max_length=256)]
type Label = Annotated[str, Field(max_length=128)]
type HashVersion = Literal[1, 2]
type Span = tuple[Fraction, Fraction]
"""A piece of the number line: where it begins (inclusive) and ends (exclusive)."""

_STRICT: Final = ConfigDict(defer_build=True, frozen=True, extra="forbid", serialize_by_alias=True)


class PrerequisiteDocument(BaseModel):
    """Another flag that must have a certain value.

    Attributes:
        flag: the other flag's id.
        when: the condition on `{"value": …}`, where the value is what the other flag gives the
            same subject.
    """

    model_config = _STRICT

    flag: Identifier
    when: dict[str, JsonValue]


class NamespaceDocument(BaseModel):
    """A number line that experiments share, so that nobody is in two of them.

    Attributes:
        id: experiments that exclude each other name the same one.
        starts: where this experiment's piece of it begins, inclusive; `from` in documents.
        ends: where it ends, exclusive; `to` in documents.
    """

    model_config = _STRICT

    id: Identifier
    starts: Fraction = Field(alias="from")
    ends: Fraction = Field(alias="to")


class FilterDocument(BaseModel):
    """A share of all subjects, drawn independently of the rule's own placement.

    Attributes:
        by: the path of the attribute that places a subject; the rule's own, where absent.
        seed: subjects are drawn alike by filters of one seed.
        ranges: who lies in one of these passes.
    """

    model_config = _STRICT

    by: Path | None = None
    seed: Seed
    ranges: Annotated[tuple[Span, ...], Field(min_length=1, max_length=32)]
    hash_version: HashVersion = 2


class RampStep(BaseModel):
    """From when on a rule has which coverage."""

    model_config = _STRICT

    at: AwareDatetime
    coverage: Fraction


class RuleDocument(BaseModel):
    """One rule: whom it concerns and what they get.

    Exactly one of `variation` and `split` is given. A subject whom the rule does not concern, or
    who lies outside its coverage, goes on to the next rule.

    Attributes:
        id: unique in the flag; named in every evaluation that the rule decides.
        description: what the rule is for.
        when: the condition on the evaluation context; everybody, where absent.
        prerequisites: other flags, and what they must be for the rule to apply.
        variation: the one variation to serve.
        split: variations with their weights, which add up to 1.
        experiment: the experiment that the split is; who is placed by it has an assignment.
        holdout: variations of the experiment whose subjects go on to the next rules, so that the
            others, who are held out, can be compared with them.
        coverage: the share of subjects that the rule concerns, 0 to 1; may grow without
            reshuffling those who are in.
        ranges: pieces of the number line for variations of the split, in place of weights and
            coverage.
        by: the path of the attribute that places a subject.
        fallback_by: the attribute that places subjects who lack the first.
        seed: shuffles subjects; two flags with one seed place them alike. Default: the flag's id,
            or that of the experiment.
        hash_version: how the specification hashes; 1 only for what began with it.
        namespace: the share of a namespace to which the rule is limited.
        filters: further shares, all of which a subject must lie in; with them the namespace
            is not looked at.
        sticky: whether subjects keep the variation that they were assigned before.
        bucket_version: raised to assign everybody anew.
        min_bucket_version: who was assigned under a lower version is left out.
        starts: when the rule begins to apply; `from` in documents.
        until: when it ceases to.
        ramp: coverages that replace `coverage`, each from its instant on.
    """

    model_config = _STRICT

    id: Identifier
    description: str = ""
    when: dict[str, JsonValue] | None = None
    prerequisites: Annotated[tuple[PrerequisiteDocument, ...], Field(max_length=16)] = ()
    variation: VariationName | None = None
    split: dict[VariationName, Fraction] | None = None
    experiment: Identifier | None = None
    holdout: tuple[VariationName, ...] = ()
    coverage: Fraction = 1.0
    ranges: dict[VariationName, Span] | None = None
    by: Path = TARGETING_KEY
    fallback_by: Path | None = None
    seed: Seed | None = None
    hash_version: HashVersion = 2
    namespace: NamespaceDocument | None = None
    filters: Annotated[tuple[FilterDocument, ...], Field(max_length=16)] = ()
    sticky: bool = False
    bucket_version: Annotated[int, Field(ge=0, le=LAST_BUCKET_VERSION)] = 0
    min_bucket_version: Annotated[int, Field(ge=0, le=LAST_BUCKET_VERSION)] = 0
    starts: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    ramp: Annotated[tuple[RampStep, ...], Field(max_length=64)] = ()


class FlagDocument(BaseModel):
    """A flag as it is written in configuration.

    Attributes:
        kind: always `flag`.
        id: the key by which clients ask for the flag.
        description: what the flag decides, for people.
        owner: who answers for it.
        tags: for finding it.
        type: what all its variations are.
        enabled: the kill switch: whether rules apply; otherwise everybody gets the default.
        environments: whether rules apply in an environment; in others they do.
        archived: whether the flag is kept only for the record; clients do not find it.
        expires: when the flag should be gone.
        stale_after_days: so long it may serve everybody the same.
        prerequisites: other flags, and what they must be; otherwise everybody gets the default.
        variations: values by name; a boolean flag has `on` and `off` by itself.
        default: the variation where no rule decides.
        rules: tried in order; the first that concerns a subject decides.
    """

    model_config = _STRICT

    kind: Literal["flag"]
    id: Identifier
    description: Annotated[str, Field(max_length=2_000)] = ""
    owner: Label = ""
    tags: Annotated[tuple[Label, ...], Field(max_length=32)] = ()
    type: FlagType
    enabled: bool = True
    environments: dict[Identifier, bool] = {}
    archived: bool = False
    expires: AwareDatetime | None = None
    stale_after_days: Annotated[int, Field(ge=1, le=3_650)] = STALE_AFTER_DAYS
    prerequisites: Annotated[tuple[PrerequisiteDocument, ...], Field(max_length=16)] = ()
    variations: dict[VariationName, JsonValue] = {}
    default: VariationName
    rules: tuple[RuleDocument, ...] = ()

    @property
    def values(self) -> dict[str, JsonValue]:
        """The variations, with those that a boolean flag has by itself."""
        implied: dict[str, JsonValue] = {ON: True, OFF: False}
        return implied if self.type == "boolean" and not self.variations else self.variations


class SegmentDocument(BaseModel):
    """A saved group: subjects that conditions name together.

    Exactly one of `members` and `when` is given. Conditions name members by
    `{"<attribute>": {"$inGroup": "<id>"}}` and any segment by `{"$savedGroup": {"id": "<id>"}}`.

    Attributes:
        kind: always `segment`.
        id: how conditions name it.
        description: who these are, for people.
        owner: who answers for it.
        by: the path of the attribute that `members` are values of.
        members: the values.
        when: the condition that its subjects meet.
    """

    model_config = _STRICT

    kind: Literal["segment"]
    id: Identifier
    description: str = ""
    owner: str = ""
    by: Path = TARGETING_KEY
    members: tuple[str | int | float, ...] | None = None
    when: dict[str, JsonValue] | None = None

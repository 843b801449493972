"""`cairn lint`: what is valid and hardly meant."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cairn.decisions.surfaces.form.flow import FlowDocument
from infra.cli.main import application
from infra.cli.seed import EXAMPLE
from infra.configuration.lint import remarks, warnings
from infra.configuration.problems import InvalidConfiguration
from infra.configuration.validating import read_configuration
from tests.flows import Written, field, flow, rule, step
from tests.prompts import WRITTEN

MODELS = {"tiers": ["rules", "llm"]}


def found(document: Written) -> set[tuple[str, str, bool]]:
    """Code, pointer and severity of every remark."""
    told = remarks(FlowDocument.model_validate(document))
    return {(each.code, each.pointer, each.error) for each in told}


def clean(*steps: Written, **more: object) -> Written:
    """A flow of these steps with an order of its own."""
    return flow(*steps, order=[each["id"] for each in steps], **more)


def test_a_plain_flow_has_nothing_to_remark() -> None:
    document = clean(
        step("a", field("x", "select"), field("c", "checkbox")),
        step("b", when={"answers.x": "a", "answers.c": True, "$not": {"answers.x": "b"}}),
        step("c", when={"$or": [{"answers.x": "zzz"}, {"subject.t": 1}]}),
        rules=[rule("r", "b", {"session.steps_done": {"$size": 1}})],
    )
    assert found(document) == set()


@pytest.mark.parametrize(
    "when",
    [
        {"answers.x": "c"},
        {"answers.x": {"$in": ["c", "d"]}},
        {"$or": [{"answers.x": "c"}, {"persona": "nobody"}]},
        {"$and": [{"subject.t": 1}, {"answers.x": "c"}]},
        {"answers.secret": {"$exists": False}, "persona": "never"},
    ],
)
def test_a_step_that_nobody_can_come_to_is_an_error(when: Written) -> None:
    document = clean(
        step("a", field("x", "select"), field("secret", personal=True)),
        step("b", when=when),
        personas=[{"id": "never", "text": "Never.", "when": {"answers.x": "c"}}],
    )
    assert found(document) == {("unreachable_step", "/steps/1/when", True)}


def test_steps_that_wait_for_each_other_are_a_cycle() -> None:
    document = clean(
        step("a", field("x", "select"), when={"answers.y": {"$exists": True}}),
        step("b", field("y", "select"), when={"answers.x": {"$exists": True}}),
        step("c"),
    )
    assert found(document) == {
        ("waiting_cycle", "/steps/0/when", False),
        ("waiting_cycle", "/steps/1/when", False),
    }


def test_a_step_that_only_leads_back_is_a_cycle_without_exit() -> None:
    document = clean(step("a", ctas=[{"action": "back", "label": "Back"}]))
    assert found(document) == {("no_exit", "/steps/0/ctas", True)}


def test_rules_that_never_speak_are_told() -> None:
    document = clean(
        step("a", field("x", "select")),
        step("b", field("y"), when={"answers.y": {"$exists": True}}),
        rules=[
            rule("never", "a", {"answers.x": "c"}),
            rule("nowhere", "b"),
            rule("unsure", "a", confidence=0.2),
        ],
    )
    assert found(document) == {
        ("waiting_cycle", "/steps/1/when", False),
        ("silent_rule", "/rules/0/when", False),
        ("silent_rule", "/rules/1/step", False),
        ("silent_rule", "/rules/2/confidence", False),
    }


def test_a_missing_order_is_told() -> None:
    assert found(flow(step("a"), step("b"))) == {("missing_order", "", False)}


def test_personal_fields_are_an_error_where_a_model_would_see_them() -> None:
    fields = [field("mail", "email"), field("full_name"), field("company_name"), field("why")]
    at = "/steps/0/fields"
    assert found(clean(step("a", *fields))) == {
        ("personal", f"{at}/0", False),
        ("personal", f"{at}/1", False),
    }
    seen = clean(step("a", *fields), cascade={**MODELS, "traits": ["phone"]})
    assert found(seen) == {
        ("personal", f"{at}/0", True),
        ("personal", f"{at}/1", False),
        ("personal", "/cascade/traits", False),
    }
    variants = {"flag": "f", "variations": {"asking": MODELS}}
    assert ("personal", f"{at}/0", True) in found(clean(step("a", *fields), variants=variants))
    declared = [field("mail", "email", personal=True), field("full_name", personal=True)]
    assert found(clean(step("a", *declared), cascade=MODELS)) == set()


def test_a_flow_without_its_prompt_is_told(tmp_path: Path) -> None:
    document = clean(step("a"), cascade=MODELS)
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump(document))
    codes = [str(each).rsplit(" ", 1)[1] for each in warnings(read_configuration(tmp_path))]
    assert codes == ["[unknown_prompt]", "[no_models]"]
    (tmp_path / "prompt.yaml").write_text(yaml.safe_dump(WRITTEN))
    codes = [str(each).rsplit(" ", 1)[1] for each in warnings(read_configuration(tmp_path))]
    assert codes == ["[no_models]"]


def test_a_variant_needs_its_prompt_and_its_models_too(tmp_path: Path) -> None:
    told = {**MODELS, "prompt": "brief", "models": "cheap"}
    flag = {"kind": "flag", "id": "f", "type": "boolean", "default": "off"}
    variants = {"flag": "f", "variations": {"on": told}}
    written = [clean(step("a"), variants=variants), flag]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(written))
    remarked = [str(each) for each in warnings(read_configuration(tmp_path))]
    assert ["/variants/variations/on/prompt" in remarked[0], len(remarked)] == [True, 2]


def test_models_without_the_flows_prompt_are_an_error(tmp_path: Path) -> None:
    provider = {"id": "a", "base_url": "http://localhost:1/v1", "model": "m"}
    models = {"kind": "models", "id": "default", "providers": [provider]}
    written = [clean(step("a"), cascade=MODELS), models]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(written))
    with pytest.raises(InvalidConfiguration, match="there is no prompt 'default'"):
        read_configuration(tmp_path)


def test_what_is_personal_is_so_in_a_flow_that_takes_the_place_of_another(tmp_path: Path) -> None:
    variants = {"flag": "f", "variations": {"on": {"flow": "other"}}}
    steps = [step("a", field("why", personal=True), field("same", personal=True), field("own"))]
    there = [step("a", field("why"), field("same", personal=True), field("new", personal=True))]
    written = [
        clean(*steps, personal_traits=["nick"], variants=variants),
        clean(*there, id="other"),
        {"kind": "flag", "id": "f", "type": "boolean", "default": "off"},
    ]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(written))
    with pytest.raises(InvalidConfiguration) as raised:
        read_configuration(tmp_path)
    assert [str(each).partition("/variants/")[2] for each in raised.value.problems] == [
        f"variations/on/flow {name!r} is personal in only one of 'test' and 'other' [personal]"
        for name in ("nick", "why")
    ]


def test_errors_keep_a_flow_from_being_published(tmp_path: Path) -> None:
    document = clean(step("a", ctas=[{"action": "back", "label": "Back"}]))
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(InvalidConfiguration, match="no_exit"):
        read_configuration(tmp_path)


def test_the_command_tells_errors_and_warnings(tmp_path: Path) -> None:
    run = CliRunner().invoke
    app = application(["lint", "keys"])
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump(flow(step("a"), step("b"))))
    told = run(app, ["lint", str(tmp_path)])
    assert (told.exit_code, "warning: " in told.output) == (0, True)
    assert "[missing_order]" in told.output
    assert run(app, ["lint", "--strict", str(tmp_path)]).exit_code == 1
    (tmp_path / "flow.yaml").write_text("kind: flow\n")
    told = run(app, ["lint", str(tmp_path)])
    assert (told.exit_code, told.output.startswith("error: ")) == (1, True)


def test_the_example_has_no_errors_and_no_undeclared_personal_fields() -> None:
    told = [str(each) for each in warnings(read_configuration(EXAMPLE))]
    assert not [each for each in told if "[personal]" in each or "[unknown_prompt]" in each]

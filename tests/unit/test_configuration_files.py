"""Configuration files: every problem at once, each with its file, line and pointer."""

import json
from pathlib import Path
from typing import Final

import pytest

from cairn.configuration.model import Kind
from infra.configuration.problems import InvalidConfiguration
from infra.configuration.reading import MAX_FILE_BYTES, MAX_FILES
from infra.configuration.validating import read_configuration
from tests.flows import flow, step
from tests.parcels import NOW

FLAG = """\
kind: flag
id: {id}
type: boolean
default: {default}
"""
ALERT = """\
kind: alert
id: {id}
metric: {metric}
window: 15m
operator: ">"
threshold: 10
"""
COUNTERS = "sessions, page_views, events.<type>, conversions.<name>"
TELEMETRY = """\
kind: telemetry
id: default
dimensions:
  - name: plan
    values: [trial, team]
conversions:
  - name: purchase
custom_types: [custom.seen]
"""


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


def problems(path: Path) -> list[str]:
    with pytest.raises(InvalidConfiguration) as raised:
        read_configuration(path, lambda: NOW)
    return [str(each).removeprefix(f"{path}/") for each in raised.value.problems]


def test_documents_of_all_files_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    write(tmp_path, b=FLAG.format(id="b", default="on"))
    write(
        tmp_path / "deeper",
        a="---\n".join(FLAG.format(id=name, default="off") for name in ("c", "d")) + "---\n",
    )
    (tmp_path / "e.yml").write_text(TELEMETRY)
    (tmp_path / "notes.txt").write_text("kind: nothing")

    found = [each.address for each in read_configuration(tmp_path)]

    assert found == ["flag/b", "flag/c", "flag/d", "telemetry/default"]


def test_one_file_may_be_read_alone(tmp_path: Path) -> None:
    write(tmp_path, a=TELEMETRY, b="broken: [")
    assert [each.id for each in read_configuration(tmp_path / "a.yaml")] == ["default"]


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=FLAG.format(id="one", default="blue") + "---\n" + FLAG.format(id="Ö", default="on"),
        b=ALERT.format(id="x", metric="sessions").replace("15m", "16m") + "colour: red\n",
        c="- 1\n",
        d="kind: poem\nid: x\n",
        e="a: b: c\n",
        f="a: 1\na: 2\nkind: telemetry\n",
    )
    assert problems(tmp_path) == [
        "a.yaml:4: /default there is no variation 'blue'",
        "a.yaml:7: /id String should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'",
        "b.yaml:4: /window Input should be '5m', '15m', '1h', '6h', '24h', '7d' or '30d'",
        "b.yaml:7: /colour Extra inputs are not permitted",
        "c.yaml:1: a document is a mapping with kind and id",
        f"d.yaml:1: /kind unknown kind; there are {', '.join(Kind)}",
        "e.yaml:1: not YAML: mapping values are not allowed here",
        "f.yaml:1: /a Extra inputs are not permitted",
        "f.yaml:2: /a the key appears twice; first on line 1",
    ]


@pytest.mark.parametrize("kind", ["[flag]", "{a: b}", "1"])
def test_a_kind_that_is_no_text_is_no_known_kind(tmp_path: Path, kind: str) -> None:
    write(tmp_path, a=f"kind: {kind}\nid: x\n")
    (problem,) = problems(tmp_path)
    assert problem.startswith("a.yaml:1: /kind unknown kind")


def test_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    flag = 'kind: flag\nid: x\ntype: string\nvariations: {a: "\\ud800", b: x}\ndefault: a\n'
    write(tmp_path, a=flag)
    assert problems(tmp_path) == [
        "a.yaml:1: a text in it is not Unicode: it contains half of a surrogate pair"
    ]


def test_a_document_may_stand_in_one_place_only(tmp_path: Path) -> None:
    write(tmp_path, a=FLAG.format(id="x", default="on"), b=FLAG.format(id="x", default="off"))
    assert problems(tmp_path) == [f"b.yaml:2: /id flag/x is already at {tmp_path}/a.yaml:2"]


def test_a_condition_is_refused_where_it_is_wrong(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=FLAG.format(id="x", default="on")
        + "rules:\n  - id: r\n    variation: off\n    when:\n      plan: {$regx: a}\n",
        b=ALERT.format(id="y", metric="sessions") + "when:\n  $or:\n    - value: {$in: 1}\n",
    )
    assert problems(tmp_path) == [
        "a.yaml:9: /rules/0/when/plan/$regx $regx is not an operator",
        "b.yaml:9: /when/$or/0/value/$in the operator takes a list of values",
    ]


def test_a_fault_inside_one_of_several_forms_points_to_the_document(tmp_path: Path) -> None:
    channels = "channels:\n  - type: log\n  - type: webhook\n    url: http://example.com\n"
    write(
        tmp_path,
        a=ALERT.format(id="x", metric="sessions") + channels,
        b=ALERT.format(id="y", metric="sessions") + "channels:\n  - type: pigeon\n",
        c="kind: alert\nid: z\n",
    )
    found = problems(tmp_path)
    assert found[0] == "a.yaml:10: /channels/1/url an address is https; http only on loopback"
    assert found[1].startswith("b.yaml:8: /channels/0 Input tag 'pigeon'")
    assert found[2:] == [
        f"c.yaml:1: /{name} Field required"
        for name in ("metric", "operator", "threshold", "window")
    ]


def test_alerts_watch_only_what_telemetry_counts(tmp_path: Path) -> None:
    group = "group: {{{0}}}\n"
    alerts = [
        ALERT.format(id="a", metric="sessions"),
        ALERT.format(id="b", metric="conversions.purchase / sessions"),
        ALERT.format(id="c", metric="conversions.other") + group.format("plan: other"),
        ALERT.format(id="d", metric="events.custom.seen / page_views"),
        ALERT.format(id="e", metric="conversions.party"),
        ALERT.format(id="f", metric="sessions / events.custom.unseen"),
        ALERT.format(id="g", metric="clicks"),
        ALERT.format(id="h", metric="page_views") + group.format("plan: trial"),
        ALERT.format(id="i", metric="sessions") + group.format("colour: red"),
        ALERT.format(id="j", metric="sessions") + group.format("plan: gold"),
    ]
    write(tmp_path, a="---\n".join(alerts), b=TELEMETRY)
    assert [each.partition(": ")[2] for each in problems(tmp_path)] == [
        "/metric telemetry declares no conversion party",
        "/metric no event type custom.unseen has a counter",
        f"/metric there is no counter clicks; there are {COUNTERS}",
        "/metric page_views is not counted by dimension; sessions and conversions are",
        "/group/colour telemetry declares no dimension colour",
        "/group/plan telemetry declares no value 'gold' of plan",
    ]


def test_a_folder_without_documents_is_no_configuration(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path}:1: there is no YAML file here"]
    write(tmp_path, a="# nothing yet\n---\n")
    assert problems(tmp_path) == [f"{tmp_path}:1: the files hold no documents"]


def test_files_have_bounds(tmp_path: Path) -> None:
    write(tmp_path, a="#" * (MAX_FILE_BYTES + 1), c="[" * 20_000)
    (tmp_path / "b.yaml").write_bytes(b"kind: \xff")
    assert problems(tmp_path) == [
        "a.yaml:1: a file has at most 512 KB",
        "b.yaml:1: the file is not UTF-8",
        "c.yaml:1: the file is nested too deeply",
    ]


def test_a_document_fits_into_an_item(tmp_path: Path) -> None:
    values = "".join(f"  v{number}: {'x' * 50_000}\n" for number in range(7))
    text = "kind: flag\nid: big\ntype: string\ndefault: v1\nvariations:\n" + values
    write(tmp_path, a=text)
    assert problems(tmp_path) == ["a.yaml:1: a document has at most 300 KB of JSON"]


def test_the_number_of_files_has_a_bound(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.yaml").touch()
    assert problems(tmp_path) == [f"{tmp_path}:1: more than {MAX_FILES} files"]


def test_characters_that_no_yaml_has_are_refused(tmp_path: Path) -> None:
    write(tmp_path, a="kind: \x07")
    assert problems(tmp_path)[0].startswith("a.yaml:1: not YAML: unacceptable character")


def test_the_canonical_json_ignores_how_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, a=FLAG.format(id="x", default="on"), b=FLAG.format(id="y", default="on"))
    (tmp_path / "b.yaml").write_text(
        "# the same\ndefault: 'on'\nkind: flag\ntype: boolean\nid: \"y\"\n"
    )
    first, second = read_configuration(tmp_path)
    assert first.body == '{"kind":"flag","id":"x","type":"boolean","default":"on"}'
    assert second.body == first.body.replace('"x"', '"y"')


def test_the_canonical_json_is_read_back_as_the_same_document(tmp_path: Path) -> None:
    write(tmp_path, a=ALERT.format(id="x", metric="sessions") + "for: 5m\n")
    (alert,) = read_configuration(tmp_path)
    assert '"for":"5m"' in alert.body
    assert type(alert.model).model_validate_json(alert.body) == alert.model


EXPERIMENT = """\
kind: experiment
id: compare
hypothesis: It matters.
flag: {flag}
control: on
metrics: [seen]
started: 2026-11-01T00:00:00Z
"""


def test_experiments_and_flows_speak_only_of_what_is_published_beside_them(tmp_path: Path) -> None:
    variants = {"flag": "a", "variations": {"blue": {"flow": "gone"}, "on": {"threshold": 0.9}}}
    form = flow(step("one"), id="form")
    write(
        tmp_path,
        a=FLAG.format(id="a", default="on"),
        b=EXPERIMENT.format(flag="a"),
        c=EXPERIMENT.format(flag="gone").replace("compare", "another"),
        d=json.dumps({**form, "variants": variants}),
        e=json.dumps({**form, "id": "other", "variants": {**variants, "flag": "gone"}}),
    )
    assert problems(tmp_path) == [
        "b.yaml:4: /flag no rule of the flag 'a' names this experiment",
        "b.yaml:6: /metrics/0 there is no metric 'seen'",
        "c.yaml:4: /flag there is no flag 'gone'",
        "c.yaml:6: /metrics/0 there is no metric 'seen'",
        "d.yaml:1: /variants/variations/blue the flag 'a' has no variation 'blue'",
        "d.yaml:1: /variants/variations/blue/flow there is no flow 'gone'",
        "e.yaml:1: /variants/flag there is no flag 'gone'",
        "e.yaml:1: /variants/variations/blue/flow there is no flow 'gone'",
    ]


def test_numbers_and_times_beyond_what_can_be_counted_with_are_refused(tmp_path: Path) -> None:
    endless = f"1{'0' * 400}"
    write(
        tmp_path,
        a=FLAG.format(id="a", default="on") + f"variations: {{on: true, off: {endless}}}\n",
        b=EXPERIMENT.format(flag="a").replace("2026-11-01", "9999-12-01"),
    )
    assert problems(tmp_path) == [
        f"a.yaml:5: {endless[:40]} is too large a number",
        "b.yaml:7: /started Value error, an experiment starts in the year 9000 at the latest",
    ]


def test_flags_need_only_what_is_published_beside_them(tmp_path: Path) -> None:
    needs = {"kind": "flag", "type": "boolean", "default": "on"}
    when = {"x": {"$savedGroup": {"id": "staff"}}}
    write(
        tmp_path,
        a=FLAG.format(id="a", default="on") + "archived: true\n",
        b=json.dumps({**needs, "id": "b", "prerequisites": [{"flag": "a", "when": {}}]}),
        c=json.dumps({**needs, "id": "c", "rules": [{"id": "r", "variation": "on", "when": when}]}),
    )
    assert problems(tmp_path) == [
        "b.yaml:1: /prerequisites/0/flag there is only an archived flag 'a'",
        "c.yaml:1: /rules/0/when/x/$savedGroup/id there is no segment 'staff'",
    ]


RUNS: Final = """\
kind: flag
id: a
type: boolean
default: on
archived: true
rules: [{id: r, split: {"on": 0.5, "off": 0.5}, experiment: compare}]
---
kind: metric
id: seen
type: proportion
event: page.viewed
---
"""


def test_a_flag_is_not_archived_before_its_experiment_is_over(tmp_path: Path) -> None:
    running = RUNS + EXPERIMENT.format(flag="a")
    write(tmp_path, a=running)
    assert problems(tmp_path) == [
        "a.yaml:16: /flag the flag 'a' is archived while the experiment runs"
    ]
    write(tmp_path, a=f"{running}until: 2026-11-10T00:00:00Z")
    assert len(read_configuration(tmp_path, lambda: NOW)) == 3


def test_a_flow_is_not_varied_by_an_archived_flag_nor_by_itself(tmp_path: Path) -> None:
    document = flow(step("one"), variants={"flag": "a", "variations": {"on": {"flow": "test"}}})
    write(tmp_path, a=json.dumps(document))
    assert problems(tmp_path) == [
        "a.yaml:1: /variants/variations/on/flow the flow cannot replace itself"
    ]
    document["variants"]["variations"]["on"] = {"threshold": 1}
    archived = FLAG.format(id="a", default="on") + "archived: true\n"
    write(tmp_path, a=json.dumps(document), b=archived)
    assert problems(tmp_path) == ["a.yaml:1: /variants/flag there is only an archived flag 'a'"]

"""Rows as CSV and JSON lines, and gauges as Prometheus reads them."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.metrics.export import FORMULA, flat, to_csv, to_json_lines
from cairn.metrics.exposition import LEFT_OUT, Gauge, Sample, exposition

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ROWS = st.lists(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.none()), min_size=1))


def test_what_stands_in_a_record_gets_a_name_of_its_own() -> None:
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert flat({"start": at, "events": {"page.viewed": 2}, "rate": None}) == {
        "start": "2026-11-20T10:00:00.000Z",
        "events.page.viewed": 2,
        "rate": None,
    }


def test_what_is_no_cell_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="steps is no cell"):
        flat({"steps": ["a"]})


def test_csv_has_a_column_for_everything_that_any_row_has() -> None:
    assert to_csv([{"a": 1, "b": None}, {"a": 0.5, "c": 'say "x", y'}]) == (
        'a,b,c\r\n1,,\r\n0.5,,"say ""x"", y"\r\n'
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_is_a_formula(text: str) -> None:
    (_, row) = csv.reader(io.StringIO(to_csv([{"a": text}]), newline=""))
    assert row == [f"'{text}"]


def test_numbers_stay_numbers() -> None:
    assert to_csv([{"a": -1.5}]) == "a\r\n-1.5\r\n"


@given(ROWS)
def test_whatever_is_in_it_csv_has_a_line_per_row_and_no_formula(
    rows: list[dict[str, str | int | None]],
) -> None:
    lines = list(csv.reader(io.StringIO(to_csv(rows), newline="")))
    texts = [cell for line in lines for cell in line if not re.fullmatch(r"-?\d+", cell)]
    assert not [cell for cell in texts if cell.startswith(FORMULA)]
    assert len([line for line in lines if line]) == len(rows) + 1 if rows else True


@given(ROWS)
def test_json_lines_give_the_rows_again(rows: list[dict[str, str | int | None]]) -> None:
    lines = to_json_lines(rows).split("\n")
    assert [json.loads(line) for line in lines[:-1]] == rows


def test_a_gauge_says_what_it_is_before_its_samples() -> None:
    gauge = Gauge("cairn_window_sessions", "Sessions.", [Sample({"window": "1h"}, 3)])
    assert exposition([gauge]) == (
        "# HELP cairn_window_sessions Sessions.\n"
        "# TYPE cairn_window_sessions gauge\n"
        'cairn_window_sessions{window="1h"} 3\n'
        f"# HELP {LEFT_OUT} Series that were left out: one answer holds no more.\n"
        f"# TYPE {LEFT_OUT} gauge\n"
        f"{LEFT_OUT} 0\n"
    )


def test_label_values_and_help_texts_are_escaped() -> None:
    gauge = Gauge("a", "back\\slash\nline", [Sample({"x": 'quo"te\\ \n'}, 0.5)])
    told = exposition([gauge]).splitlines()
    assert told[0] == "# HELP a back\\\\slash\\nline"
    assert told[2] == 'a{x="quo\\"te\\\\ \\n"} 0.5'


def test_series_beyond_the_most_are_left_out_and_counted() -> None:
    gauges = [
        Gauge(name, "", [Sample({"n": str(number)}, number) for number in range(3)])
        for name in ("a", "b", "c")
    ]
    told = [line for line in exposition(gauges, most=4).splitlines() if line[0] != "#"]
    assert told == ['a{n="0"} 0', 'a{n="1"} 1', 'a{n="2"} 2', 'b{n="0"} 0', f"{LEFT_OUT} 5"]

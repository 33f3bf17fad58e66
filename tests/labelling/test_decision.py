"""Whether a run begins, goes on, is done or is refused: every case, as a table."""

from __future__ import annotations

from itertools import product

import pytest

from spacy_halfree.labelling.decision import (
    Decision,
    ExistingOutput,
    OutputState,
    PartsState,
    decide,
)

OPTIONS = {
    "neither": {"resume": False, "overwrite": False},
    "resume": {"resume": True, "overwrite": False},
    "overwrite": {"resume": False, "overwrite": True},
    "both": {"resume": True, "overwrite": True},
}
TABLE = """
output  | allowed | parts         | neither       | resume                | overwrite  | both
none    | no      | none          | begin         | begin                 | begin      | begin
none    | no      | unknown       | refuse parts  | compare               | begin anew | compare
none    | no      | same          | refuse parts  | resume                | begin anew | resume
none    | no      | moved         | refuse parts  | resume                | begin anew | resume
none    | no      | changed files | refuse parts  | resume                | begin anew | resume
none    | no      | other         | refuse parts  | refuse changed parts  | begin anew | begin anew
none    | no      | damaged       | refuse parts  | refuse damaged parts  | begin anew | begin anew
none    | yes     | none          | begin         | begin                 | begin      | begin
none    | yes     | unknown       | refuse parts  | compare               | begin anew | compare
none    | yes     | same          | refuse parts  | resume                | begin anew | resume
none    | yes     | moved         | refuse parts  | resume                | begin anew | resume
none    | yes     | changed files | refuse parts  | resume                | begin anew | resume
none    | yes     | other         | refuse parts  | refuse changed parts  | begin anew | begin anew
none    | yes     | damaged       | refuse parts  | refuse damaged parts  | begin anew | begin anew
unknown | no      | none          | refuse output | refuse output         | begin      | compare
unknown | no      | unknown       | refuse output | refuse output         | begin anew | compare
unknown | no      | same          | refuse output | refuse output         | begin anew | compare
unknown | no      | moved         | refuse output | refuse output         | begin anew | compare
unknown | no      | changed files | refuse output | refuse output         | begin anew | compare
unknown | no      | other         | refuse output | refuse output         | begin anew | compare
unknown | no      | damaged       | refuse output | refuse output         | begin anew | compare
unknown | yes     | none          | refuse output | compare               | begin      | compare
unknown | yes     | unknown       | refuse output | compare               | begin anew | compare
unknown | yes     | same          | refuse output | compare               | begin anew | compare
unknown | yes     | moved         | refuse output | compare               | begin anew | compare
unknown | yes     | changed files | refuse output | compare               | begin anew | compare
unknown | yes     | other         | refuse output | compare               | begin anew | compare
unknown | yes     | damaged       | refuse output | refuse damaged parts  | begin anew | compare
same    | no      | none          | refuse output | refuse output         | begin      | done
same    | no      | unknown       | refuse output | refuse output         | begin anew | compare
same    | no      | same          | refuse output | refuse output         | begin anew | resume
same    | no      | moved         | refuse output | refuse output         | begin anew | done
same    | no      | changed files | refuse output | refuse output         | begin anew | resume
same    | no      | other         | refuse output | refuse output         | begin anew | begin anew
same    | no      | damaged       | refuse output | refuse output         | begin anew | begin anew
same    | yes     | none          | refuse output | done                  | begin      | done
same    | yes     | unknown       | refuse output | compare               | begin anew | compare
same    | yes     | same          | refuse output | resume                | begin anew | resume
same    | yes     | moved         | refuse output | done                  | begin anew | done
same    | yes     | changed files | refuse output | resume                | begin anew | resume
same    | yes     | other         | refuse output | refuse changed parts  | begin anew | begin anew
same    | yes     | damaged       | refuse output | refuse damaged parts  | begin anew | begin anew
other   | no      | none          | refuse output | refuse output         | begin      | begin
other   | no      | unknown       | refuse output | refuse output         | begin anew | compare
other   | no      | same          | refuse output | refuse output         | begin anew | resume
other   | no      | moved         | refuse output | refuse output         | begin anew | resume
other   | no      | changed files | refuse output | refuse output         | begin anew | resume
other   | no      | other         | refuse output | refuse output         | begin anew | begin anew
other   | no      | damaged       | refuse output | refuse output         | begin anew | begin anew
other   | yes     | none          | refuse output | refuse changed output | begin      | begin
other   | yes     | unknown       | refuse output | compare               | begin anew | compare
other   | yes     | same          | refuse output | resume                | begin anew | resume
other   | yes     | moved         | refuse output | resume                | begin anew | resume
other   | yes     | changed files | refuse output | resume                | begin anew | resume
other   | yes     | other         | refuse output | refuse changed parts  | begin anew | begin anew
other   | yes     | damaged       | refuse output | refuse damaged parts  | begin anew | begin anew
damaged | no      | none          | refuse output | refuse damaged output | begin      | begin
damaged | no      | unknown       | refuse output | refuse damaged output | begin anew | compare
damaged | no      | same          | refuse output | refuse damaged output | begin anew | resume
damaged | no      | moved         | refuse output | refuse damaged output | begin anew | resume
damaged | no      | changed files | refuse output | refuse damaged output | begin anew | resume
damaged | no      | other         | refuse output | refuse damaged output | begin anew | begin anew
damaged | no      | damaged       | refuse output | refuse damaged output | begin anew | begin anew
damaged | yes     | none          | refuse output | refuse damaged output | begin      | begin
damaged | yes     | unknown       | refuse output | compare               | begin anew | compare
damaged | yes     | same          | refuse output | resume                | begin anew | resume
damaged | yes     | moved         | refuse output | refuse damaged output | begin anew | resume
damaged | yes     | changed files | refuse output | resume                | begin anew | resume
damaged | yes     | other         | refuse output | refuse changed parts  | begin anew | begin anew
damaged | yes     | damaged       | refuse output | refuse damaged parts  | begin anew | begin anew
"""
"""The state of the output and the parts, and the decision for each combination of options."""


def read_table() -> dict[tuple[ExistingOutput, str], Decision]:
    head, *lines = [
        [cell.strip().replace(" ", "_") for cell in line.split("|")]
        for line in TABLE.strip().splitlines()
    ]
    found = {}
    for output, allowed, parts, *decisions in lines:
        existing = ExistingOutput(
            output=OutputState[output.upper()],
            was_allowed={"yes": True, "no": False}[allowed],
            parts=PartsState[parts.upper()],
        )
        for options, decision in zip(head[3:], decisions, strict=True):
            assert (existing, options) not in found
            found[existing, options] = Decision[decision.upper()]
    return found


CASES = read_table()


def test_the_table_covers_all_cases() -> None:
    states = product(OutputState, (False, True), PartsState)
    existing = [ExistingOutput(output=o, was_allowed=a, parts=p) for o, a, p in states]
    assert set(CASES) == set(product(existing, OPTIONS))
    assert set(CASES.values()) == set(Decision)


@pytest.mark.parametrize("options", OPTIONS)
def test_decisions(options: str) -> None:
    for (existing, own), expected in CASES.items():
        if own == options:
            assert decide(existing, **OPTIONS[options]) is expected, existing


@pytest.mark.parametrize("options", OPTIONS)
def test_comparing_changes_no_decision(options: str) -> None:
    """What is decided before input and teachers are read holds when they are known."""
    for (existing, own), expected in CASES.items():
        if own != options:
            continue
        # these two are known at once
        knows_output = existing.output in (OutputState.NONE, OutputState.DAMAGED)
        knows_parts = existing.parts in (PartsState.NONE, PartsState.DAMAGED)
        before = ExistingOutput(
            output=existing.output if knows_output else OutputState.UNKNOWN,
            was_allowed=existing.was_allowed,
            parts=existing.parts if knows_parts else PartsState.UNKNOWN,
        )
        assert decide(before, **OPTIONS[options]) in (expected, Decision.COMPARE), existing


@pytest.mark.parametrize("options", OPTIONS)
def test_all_is_decided_once_it_is_compared(options: str) -> None:
    for (existing, own), decision in CASES.items():
        is_known = (
            existing.output is not OutputState.UNKNOWN and existing.parts is not PartsState.UNKNOWN
        )
        if own == options and is_known:
            assert decision is not Decision.COMPARE, existing

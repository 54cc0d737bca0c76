"""How far the GitHub face answers as GitHub does: docs/fidelity.md has these numbers."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.contract.github_walk import walk
from tests.real import github_material
from tests.stand_ins import github_recordings
from tests.stand_ins.github import TABLES
from tests.stand_ins.github_description import Description, Exchange
from tests.stand_ins.github_judge import ABSENT, ALLOWED, unexplained, unlike, unused
from tests.stand_ins.github_recordings import Comparison, compare, shape

pytestmark = [pytest.mark.real, pytest.mark.slow]

PAGE = ROOT / "docs" / "fidelity.md"
NEWEST = 5
"""So many recordings of a call tell what GitHub answers; older ones tell what it once answered."""

Key = tuple[str, int]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exchange, ...]:
    return walk(tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.read(github_material.description())


@pytest.fixture(scope="module")
def answered(description: Description, walked: tuple[Exchange, ...]) -> Mapping[Key, list[Any]]:
    """The bodies of each call that succeeded, by its template and status."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for one in walked:
        known = description.operation(one.method, one.path)
        if known is not None and one.status < 300 and one.body is not None:
            found[known.call, one.status].append(one.body)
    return found


@pytest.fixture(scope="module")
def compared(
    description: Description, answered: Mapping[Key, list[Any]]
) -> Mapping[Key, Comparison]:
    """Of each call that PyGithub's people recorded."""
    recorded: dict[Key, list[Any]] = defaultdict(list)
    for one in github_recordings.read(github_material.recordings()):
        known = description.operation(one.method, one.path)
        if known is not None and one.body is not None and (known.call, one.status) in answered:
            recorded[known.call, one.status].append(one.body)
    return {
        key: compare(shape(answered[key]), shape(bodies[-NEWEST:]))
        for key, bodies in recorded.items()
    }


def test_the_walk_calls_everything_that_the_face_knows(walked: tuple[Exchange, ...]) -> None:
    known = {(method, path) for table in TABLES for method, path in table.known()}
    called = set()
    for one in walked:
        tables = (table.find(one.method, one.path.partition("?")[0]) for table in TABLES)
        found = next(filter(None, tables))
        called.add((one.method, found[2]))
    assert known - called == set()


def test_every_answer_is_as_described(
    description: Description, walked: tuple[Exchange, ...]
) -> None:
    assert unlike(description, walked) == []


def test_every_exception_is_needed(description: Description, walked: tuple[Exchange, ...]) -> None:
    assert unused(description, walked) == []


def test_no_value_has_another_type_than_githubs(compared: Mapping[Key, Comparison]) -> None:
    assert {key: one.other for key, one in compared.items() if one.other} == {}


def test_what_github_answers_besides_has_its_reason(compared: Mapping[Key, Comparison]) -> None:
    missing = {key: unexplained(key[0], one.missing) for key, one in compared.items()}
    assert {key: places for key, places in missing.items() if places} == {}


def test_the_page_has_the_numbers(
    description: Description,
    walked: tuple[Exchange, ...],
    answered: Mapping[Key, list[Any]],
    compared: Mapping[Key, Comparison],
) -> None:
    described = [(description.operation(one.method, one.path), one.status) for one in walked]
    counted = {
        "Calls that the face knows": len([row for table in TABLES for row in table.known()]),
        "Answers in one walk through them": len(walked),
        "Different calls and statuses among them": len(
            {(known.call if known else "", status) for known, status in described}
        ),
        "Answers unlike the description": len(unlike(description, walked)),
        "Exceptions, each with its reason": len(ALLOWED),
        "Successful calls": len(answered),
        "Of these recorded by PyGithub's people": len(compared),
        "Places in bodies with GitHub's type": sum(len(one.same) for one in compared.values()),
        "Places with another type": sum(len(one.other) for one in compared.values()),
        "Recorded places that the face leaves out": sum(
            len(one.missing) for one in compared.values()
        ),
        "Reasons for leaving them out": len(ABSENT),
    }
    text = PAGE.read_text().partition("## GitHub")[2].partition("\n## ")[0]
    told = {name: int(n) for name, n in re.findall(r"^\| ([^|]+) \| (\d+) \|$", text, re.MULTILINE)}
    assert told == counted

"""The judges of the GitHub face find what they are there for, and nothing in what GitHub said."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.real import github_material
from tests.stand_ins import github_recordings
from tests.stand_ins.github_description import Description, Exchange
from tests.stand_ins.github_recordings import Comparison, Recorded, compare, shape

pytestmark = pytest.mark.real

RECENT = datetime(2025, 1, 1, tzinfo=UTC)
LAPSES = {
    ("GET", "", "security_and_analysis"),
    ("GET", "/issues/events/{event_id}", ""),
    ("GET", "/issues/{issue_number}/timeline", "[]/comments/[]/original_line"),
    ("GET", "/pulls/comments/{comment_id}", "original_line"),
    ("GET", "/pulls/{pull_number}", "head/label"),
    ("GET", "/pulls/{pull_number}", "head/repo"),
    ("GET", "/pulls/{pull_number}", "head/user"),
    ("POST", "/merge-upstream", ""),
}
"""Where GitHub answered otherwise than it describes: all of it, of 250 answers."""


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.read(github_material.description())


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorded, ...]:
    return github_recordings.read(github_material.recordings())


@pytest.fixture(scope="module")
def pull(recorded: tuple[Recorded, ...]) -> Exchange:
    """A pull request as GitHub answered in 2026."""
    path = "/repos/PyGithub/PyGithub/pulls/3370"
    one = next(r for r in reversed(recorded) if (r.method, r.path, r.status) == ("GET", path, 200))
    return Exchange(one.method, one.path, one.status, one.body)


def told(description: Description, exchange: Exchange) -> list[tuple[str, str]]:
    return [(finding.place, finding.text) for finding in description.findings(exchange)]


def test_githubs_own_answers_are_as_described(
    description: Description, recorded: tuple[Recorded, ...]
) -> None:
    recent = [
        Exchange(one.method, one.path, one.status, one.body)
        for one in recorded
        if one.at > RECENT and one.path.startswith("/repos/")
    ]
    assert len(recent) > 200
    found = [finding for exchange in recent for finding in description.findings(exchange)]
    lapses = set()
    for finding in found:
        method, _, template = finding.call.partition(" ")
        # PyGithub's people shortened addresses in what they recorded to "…".
        if not finding.text.endswith("is not a 'uri'"):
            lapses.add((method, template.removeprefix("/repos/{owner}/{repo}"), finding.place))
    assert lapses == LAPSES


def changed(pull: Exchange, *where: str, to: object = None, drop: bool = False) -> Exchange:
    body = copy.deepcopy(pull.body)
    inner: Any = body
    for key in where[:-1]:
        inner = inner[key]
    if drop:
        del inner[where[-1]]
    else:
        inner[where[-1]] = to
    return Exchange(pull.method, pull.path, pull.status, body)


def test_another_type_is_found_where_it_is(description: Description, pull: Exchange) -> None:
    faulty = changed(pull, "head", "repo", "id", to="12")
    assert told(description, faulty) == [("head/repo/id", "it is not of type 'integer'")]


def test_a_missing_key_is_found(description: Description, pull: Exchange) -> None:
    ((_, text),) = told(description, changed(pull, "mergeable_state", drop=True))
    assert "required" in text


def test_a_key_that_is_not_described_is_found(description: Description, pull: Exchange) -> None:
    ((place, text),) = told(description, changed(pull, "base", "secret", to=1))
    assert (place, "'secret' was unexpected" in text) == ("base", True)


def test_a_null_that_is_not_described_is_found(description: Description, pull: Exchange) -> None:
    assert told(description, changed(pull, "title")) == [("title", "it is not of type 'string'")]
    assert told(description, changed(pull, "body")) == []


def test_another_value_is_found(description: Description, pull: Exchange) -> None:
    ((place, text),) = told(description, changed(pull, "state", to="merged"))
    assert (place, "is not one of" in text) == ("state", True)
    assert told(description, changed(pull, "state", to="open")) == []


def test_a_moment_without_a_zone_is_found(description: Description, pull: Exchange) -> None:
    faulty = changed(pull, "created_at", to="2026-01-01T00:00:00")
    assert told(description, faulty) == [("created_at", "it is not a 'date-time'")]


def test_a_call_and_a_status_that_are_not_described_are_found(
    description: Description, pull: Exchange
) -> None:
    nowhere = Exchange("GET", "/repos/o/r/merge_requests", 200, [])
    assert told(description, nowhere) == [("", "no such call is described")]
    teapot = Exchange(pull.method, pull.path, 418, pull.body)
    assert ("", "no such status is described") in told(description, teapot)


def test_a_body_where_there_is_none_is_found(description: Description, pull: Exchange) -> None:
    path = "/repos/o/r/branches/main/protection"
    assert told(description, Exchange("DELETE", path, 204, {})) == [("", "it has a body")]
    assert told(description, Exchange("DELETE", path, 204, None)) == []
    empty = Exchange(pull.method, pull.path, pull.status, None)
    assert told(description, empty) == [("", "it has no body")]


def test_a_branch_may_have_slashes(description: Description) -> None:
    found = description.operation("GET", "/repos/o/r/branches/promote/prod/protection")
    assert found is not None
    assert found.call == "GET /repos/{owner}/{repo}/branches/{branch}/protection"


def test_shapes_are_compared_by_key_and_type() -> None:
    ours = shape([{"a": 1, "b": "x", "c": None, "e": [{"f": 1}], "g": {}}])
    github = shape([{"a": "1", "b": None, "d": 1, "e": [{"f": 2}], "g": {"h": 1}}, {"b": "y"}])
    assert compare(ours, github) == Comparison(
        same=("", "/b", "/e", "/e/[]", "/e/[]/f", "/g"),
        other=("/a",),
        missing=("/d", "/g/h"),
        more=("/c",),
    )


def test_an_empty_list_tells_nothing_of_its_items() -> None:
    assert compare(shape([[]]), shape([[{"a": 1}]])) == Comparison(same=("",))


# --- what is asked ------------------------------------------------------------------------------


def asked(description: Description, method: str, path: str, **more: Any) -> list[tuple[str, str]]:
    exchange = Exchange(method, f"/repos/o/r{path}", 200, None, **more)
    return [(finding.place, finding.text) for finding in description.misasked(exchange)]


def test_a_parameter_that_is_not_described_is_found(description: Description) -> None:
    wrong = asked(description, "GET", "/pulls", query={"state": "all", "source_branch": "x"})
    assert wrong == [("?source_branch", "no such parameter is described")]
    assert asked(description, "GET", "/pulls", query={"state": "all", "head": "o:x"}) == []


def test_a_body_of_another_shape_is_found(description: Description) -> None:
    place = "/pulls/1/merge"
    assert asked(description, "PUT", place, sent={"sha": 1}) == [
        ("sha", "it is not of type 'string'")
    ]
    ((_, text),) = asked(description, "PUT", place, sent={"head_commit_id": "x"})
    assert "'head_commit_id' was unexpected" in text
    assert asked(description, "PUT", place, sent={"sha": "x", "merge_method": "merge"}) == []


def test_a_body_where_none_is_described_is_found(description: Description) -> None:
    place = "/collaborators/ana"
    assert asked(description, "DELETE", place, sent={"x": 1}) == [("", "no body is described")]
    assert asked(description, "DELETE", place) == []

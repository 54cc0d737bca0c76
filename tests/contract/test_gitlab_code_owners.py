"""Code owners on GitLab's stand-in: what a CODEOWNERS file means, and what it stops."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.gitlab_place import Place
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.gitlab_code_owners import parse
from tests.stand_ins.model import Access, Tier

OWNERS = """\
# The platform's files
/fleet.yaml @rita

[Production][2] @rita @dora
/clusters/prod/
*.sops.yaml

^[Docs]
docs/**/*.md @nobody-here
"""


@pytest.fixture(params=list(Tier))
def tier(request: pytest.FixtureRequest) -> Tier:
    chosen: Tier = request.param
    return chosen


@pytest.fixture
def place(tier: Tier, tmp_path: Path) -> Iterator[Place]:
    with GitLab(tmp_path / "gitlab", tier=tier) as server:
        path = server.repository("fleet")
        tokens = {
            "owner": server.person("olga", access=Access.OWNER),
            "developer": server.person("dora"),
            "reviewer": server.person("rita"),
        }
        made = Place(server.url, path, server.face.premium, tokens)
        files = {"fleet.yaml": "name: acme\n", "CODEOWNERS": OWNERS}
        actions = [
            {"action": "create", "file_path": name, "content": text} for name, text in files.items()
        ]
        content = {"branch": "main", "commit_message": "Begin", "actions": actions}
        made.told("POST", "/repository/commits", content)
        made.told("DELETE", "/protected_branches/main")
        rule = {"name": "main", "code_owner_approval_required": True}
        made.told("POST", "/protected_branches", rule)
        yield made


def status(place: Place, number: int) -> str:
    return str(place.settled(number)["detailed_merge_status"])


def approve(place: Place, number: int, by: str) -> None:
    place.told("POST", f"/merge_requests/{number}/approve", {}, by=by)


def of(path: str) -> list[tuple[str, tuple[str, ...]]]:
    """Section and owners of a file."""
    found = ((section.name, section.of(path)) for section in parse(OWNERS))
    return [(name, entry[1]) for name, entry in found if entry]


def test_a_file_says_who_owns_what() -> None:
    assert of("fleet.yaml") == [("codeowners", ("@rita",))]
    assert of("apps/fleet.yaml") == []
    both = ("@rita", "@dora")
    assert of("clusters/prod/apps.yaml") == [("Production", both)]
    assert of("clusters/prod-eu/apps.yaml") == []
    assert of("apps/a/secret.sops.yaml") == [("Production", both)]
    assert of("docs/ops/run.md") == [("Docs", ("@nobody-here",))]
    free = {section.name: (section.free, section.count) for section in parse(OWNERS)}
    assert free == {"codeowners": (False, 1), "Production": (False, 2), "Docs": (True, 1)}


def test_the_last_entry_of_a_section_counts() -> None:
    (section,) = parse("* @everybody\n/apps/ @apps\n")
    assert section.of("apps/a.yaml") == ("/apps/", ("@apps",))
    assert section.of("README.md") == ("*", ("@everybody",))


def test_an_owner_is_waited_for_with_a_licence(place: Place) -> None:
    number = place.open(place.branch({"fleet.yaml": "name: other\n"}))
    if not place.premium:
        assert status(place, number) == "mergeable"
        return
    assert status(place, number) == "not_approved"
    assert place.merge(number).status == 405
    (rule,) = place.told("GET", f"/merge_requests/{number}/approval_state")["rules"]
    assert (rule["rule_type"], rule["section"], rule["approved"]) == (
        "code_owner",
        "codeowners",
        False,
    )
    approve(place, number, "owner")
    assert status(place, number) == "not_approved"
    approve(place, number, "reviewer")
    assert status(place, number) == "mergeable"
    assert place.merge(number).status == 200


def test_what_nobody_owns_waits_for_nobody(place: Place) -> None:
    number = place.open(place.branch({"README.md": "A fleet\n", "docs/a/b.md": "Text\n"}))
    assert status(place, number) == "mergeable"


def test_a_merge_request_does_not_change_who_has_to_approve_it(place: Place) -> None:
    files = {"fleet.yaml": "name: other\n", "CODEOWNERS": "/fleet.yaml @dora\n"}
    number = place.open(place.branch(files), "developer")
    expected = "not_approved" if place.premium else "mergeable"
    assert status(place, number) == expected


def test_without_the_flag_an_owner_is_told_and_not_waited_for(place: Place) -> None:
    flag = {"code_owner_approval_required": False}
    place.told("PATCH", "/protected_branches/main", flag)
    number = place.open(place.branch({"fleet.yaml": "name: other\n"}))
    assert status(place, number) == "mergeable"
    if place.premium:
        (rule,) = place.told("GET", f"/merge_requests/{number}/approval_state")["rules"]
        assert (
            rule["approvals_required"],
            [p["username"] for p in rule["eligible_approvers"]],
        ) == (
            0,
            ["rita"],
        )

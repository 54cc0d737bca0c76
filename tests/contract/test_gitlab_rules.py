"""Each rule that the adapter relies on, on the stand-in; and on a real GitLab, when one is named.

A person runs it against an instance with

    FAIRLEAD_LIVE_GITLAB_URL        where it is, such as https://gitlab.com
    FAIRLEAD_LIVE_GITLAB_GROUP      a group whose owner the first token belongs to
    FAIRLEAD_LIVE_GITLAB_TOKEN      scope `api`
    FAIRLEAD_LIVE_GITLAB_DEVELOPER  another person's, scope `api`

It makes a private project there and deletes it in the end. What is `assumed` is then known.
"""

import os
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from bot.secret import Secret
from tests.conftest import Absent
from tests.contract import gitlab_merge_rules
from tests.contract.gitlab_place import Place
from tests.contract.gitlab_rules import RULES, Rule
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access

LIVE = os.environ.get("FAIRLEAD_LIVE_GITLAB_URL", "").rstrip("/")
_GROUP = os.environ.get("FAIRLEAD_LIVE_GITLAB_GROUP", "")
_TOKENS = {
    "owner": Secret(os.environ.get("FAIRLEAD_LIVE_GITLAB_TOKEN", "")),
    "developer": Secret(os.environ.get("FAIRLEAD_LIVE_GITLAB_DEVELOPER", "")),
}
_numbers = count(1)


def stood_in(server: GitLab, *, premium: bool) -> Place:
    """A project on the stand-in."""
    path = server.repository(f"rules-{next(_numbers)}")
    tokens = {
        "owner": server.person("olga", access=Access.OWNER),
        "developer": server.person("dora"),
    }
    return _furnished(Place(server.url, path, premium, tokens))


def _furnished(place: Place) -> Place:
    actions = [{"action": "create", "file_path": "fleet.yaml", "content": "name: acme\n"}]
    content = {"branch": "main", "commit_message": "Begin", "actions": actions}
    place.told("POST", "/repository/commits", content)
    return place


@pytest.fixture(scope="module")
def free(gitlab_free_server: GitLab) -> Place:
    return stood_in(gitlab_free_server, premium=False)


@pytest.fixture(scope="module")
def premium(gitlab_premium_server: GitLab) -> Place:
    return stood_in(gitlab_premium_server, premium=True)


@pytest.fixture(scope="module")
def live() -> Iterator[Place]:
    name = f"fairlead-rules-{os.getpid()}"
    place = Place(LIVE, f"{_GROUP}/{name}", False, _TOKENS)
    group: Mapping[str, int] = place.told("GET", f"//groups/{_GROUP.replace('/', '%2F')}")
    place.told("POST", "//projects", {"name": name, "path": name, "namespace_id": group["id"]})
    try:
        developer = place.me("developer")["id"]
        place.ask("POST", "/members", {"user_id": developer, "access_level": Access.DEVELOPER})
        place.premium = place.ask("GET", "/approval_rules").status == 200
        yield _furnished(place)
    finally:
        place.told("DELETE", "")


def rows() -> Iterator[Any]:
    """Where each rule is looked at: on the tiers that have it, and on what is named."""
    for row in RULES:
        tiers = {None: ("free", "premium"), False: ("free",), True: ("premium",)}[row.licensed]
        for place in (*tiers, *(["live"] if LIVE else [])):
            yield pytest.param(place, row, id=f"{place}-{row.holds.__name__}")


@pytest.mark.parametrize(("where", "row"), list(rows()))
def test_a_rule_holds(
    request: pytest.FixtureRequest, where: str, row: Rule, absent: Absent
) -> None:
    place: Place = request.getfixturevalue(where)
    if row.licensed not in {None, place.premium}:
        absent(f"the licence of this rule at {place.url}", "name another instance")
    row.holds(place)


def test_every_rule_cites_its_source_and_stands_once() -> None:
    assert gitlab_merge_rules.__doc__
    assert all(rule.source for rule in RULES)
    says = [rule.says for rule in RULES]
    assert sorted(set(says)) == sorted(says)

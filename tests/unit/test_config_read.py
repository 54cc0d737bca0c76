"""The configuration as a value: to JSON and back, read again, and told without harm."""

import pytest

from gitops.config import AppConfig, Config, FleetConfig, assembled, read
from gitops.errors import InvalidInput
from gitops.tree import Tree

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
people:
  Ana: {logins: [ana-x]}
groups: {qa: [ana, bo]}
environments:
  - name: dev
    clusters: [dev-1]
    follow: {tags: release}
    settle: 1m30s
    max_age: 2h
    approvals: {required: 1, from: [qa]}
    windows: ["Mon,Wed 09:00-16:00 Europe/Budapest"]
freezes: [{from: 2026-12-20, to: 2027-01-03, zone: Europe/Budapest, reason: holidays}]
"""

APP = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: payments
team: shop
source: {url: https://gitlab.example.com/shop/payments.git}
artifacts: [{image: registry.example.com/shop/payments}]
environments:
  dev: {soak: 1h, windows: ["Mon 10:00-11:00 Europe/Budapest"]}
"""


def config(fleet: str = FLEET, app: str = APP) -> Config:
    return read(Tree.of({"fleet.yaml": fleet, "apps/payments/app.yaml": app}))


def test_models_go_to_json_and_back() -> None:
    found = config()
    fleet, app = found.fleet, found.apps["payments"]
    text = fleet.model_dump_json(by_alias=True)
    assert '"settle":"1m30s","soak":"0s","on_failure":"restart","max_age":"2h"' in text
    assert '"from":"2026-12-20"' in text
    assert FleetConfig.model_validate_json(text) == fleet
    assert AppConfig.model_validate_json(app.model_dump_json(by_alias=True)) == app


def test_models_that_were_right_make_the_same_configuration_again() -> None:
    found = config()
    again = assembled(found.fleet, found.apps)
    assert again == found
    assert again.policy("payments", "dev") == found.policy("payments", "dev")


def test_a_policy_can_be_a_key() -> None:
    obeyed = config().policy("payments", "dev")
    assert len({obeyed, config().policy("payments", "dev")}) == 1


def test_a_changed_fleet_is_obeyed_by_unchanged_apps() -> None:
    before = config().policy("payments", "dev")
    after = config(FLEET.replace("max_age: 2h", "max_age: 3h")).policy("payments", "dev")
    assert before is not None
    assert after is not None
    assert after.max_age > before.max_age


def test_a_member_is_a_person_whatever_its_case() -> None:
    obeyed = config().policy("payments", "dev")
    assert obeyed is not None
    assert obeyed.approvers == {"Ana", "bo"}
    assert obeyed.approver("ana") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("{tags: release}", "{tgas: release}", "did you mean `tags`", id="follow"),
        pytest.param("reason: holidays", "raeson: x", "did you mean `reason`", id="freeze"),
        pytest.param("name: acme", "zzz: 1\nname: a", "known: apps, branch, environ", id="far off"),
        pytest.param("kind: Fleet", "kind: [a]", "`kind: ['a']` is not what", id="kind a list"),
    ],
)
def test_cure(old: str, new: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        config(FLEET.replace(old, new))
    assert told in str(caught.value)


def test_a_source_whose_template_makes_no_git_tag() -> None:
    broken = config(app=APP.replace("payments.git}", "payments.git, tags: 'a..{version}'}")).broken
    assert "which is no git tag" in str(broken["payments"])
    place = broken["payments"].place
    assert place is not None
    assert place.line == 5


def test_messages_cannot_move_a_cursor_nor_fill_a_screen() -> None:
    with pytest.raises(InvalidInput) as caught:
        config(FLEET.replace("name: acme", f'name: "\\e[2J\\nx{"y" * 9000}"'))
    text = str(caught.value)
    assert text.isprintable()
    assert r"\x1b[2J\nx" in text
    assert len(text) < 1000

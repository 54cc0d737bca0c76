"""What fleet.yaml and app.yaml can say that was read too widely, or could not be computed."""

from datetime import UTC, datetime, timedelta

import pytest

from gitops.config import Config, read
from gitops.config.calendar import Freeze, Window, date_of
from gitops.errors import InvalidInput
from gitops.tree import Tree

FLEET = """apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
people: {ana: {emails: [ana@example.com]}}
groups: {qa: [ana, bo]}
environments:
  - {name: dev, clusters: [one], follow: {branch: main}}
  - name: stage
    clusters: [two]
    after: dev
    follow: {tags: prerelease}
    artifacts: tagged
    proof: contained
  - name: prod
    clusters: [three]
    after: stage
    follow: {tags: release}
    artifacts: tagged
    proof: version
    approvals: {required: 1, from: [qa]}
    windows: ["Sat-Sun 00:45-02:25 America/Santiago"]
"""
APP = """apiVersion: fairlead.dev/v1alpha1
kind: App
name: shop
team: shop
source: {url: "https://git.example.com/shop.git"}
artifacts: [{image: registry.example.com/shop, build: "main-{sha:7}"}]
"""


def config(app: str = "", fleet: str = FLEET) -> Config:
    return read(Tree.of({"fleet.yaml": fleet, "apps/shop/app.yaml": APP + app}))


def test_a_narrower_window_never_opens_before_the_fleets() -> None:
    # At midnight on 6 September the clocks of Santiago go on to 01:00.
    own = '["Sat-Sun 01:18-02:21 America/Santiago"]'
    [window] = _windows(config(f"environments: {{prod: {{windows: {own}}}}}\n"))
    [wide] = _windows(config())
    for minute in range(-180, 600):
        now = datetime(2026, 9, 6, 3, 0, 1, tzinfo=UTC) + timedelta(minutes=minute)
        assert wide.contains(now) or not window.contains(now), now
        if minute % 60 == 0:
            opens = window.opens_after(now)
            assert opens >= now
            assert window.contains(opens)


def _windows(found: Config) -> tuple[Window, ...]:
    assert not found.broken
    policy = found.policy("shop", "prod")
    assert policy is not None
    return policy.windows


def test_proof_contained_needs_a_branch_in_an_app_too() -> None:
    told = str(config("environments: {prod: {proof: contained}}\n").broken["shop"])
    assert told.startswith("apps/shop/app.yaml:7:")
    assert "`proof: contained` needs a branch, and `stage` follows none" in told


@pytest.mark.parametrize("day", ["9999-12-31", "9001-01-01", "0001-01-01", "1969-12-31"])
def test_a_day_whose_edges_are_no_moments_is_refused(day: str) -> None:
    with pytest.raises(InvalidInput, match="1970 to 9000"):
        date_of(day)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_the_last_day_that_is_read_has_edges(zone: str) -> None:
    freeze = Freeze(date_of("1970-01-01"), date_of("9000-12-31"), zone, "for ever")
    assert freeze.contains(datetime(2026, 1, 1, tzinfo=UTC))
    assert freeze.begins < freeze.ends


def test_two_persons_whose_names_differ_in_case() -> None:
    people = "people: {Ana: {logins: [mallory]}, ana: {emails: [ana@example.com]}}"
    fleet = FLEET.replace("people: {ana: {emails: [ana@example.com]}}", people)
    with pytest.raises(InvalidInput, match="`ana` and `Ana` are one name") as caught:
        config(fleet=fleet)
    assert str(caught.value).startswith("fleet.yaml:5:")


def test_an_unknown_zone_is_not_answered_by_itself() -> None:
    with pytest.raises(InvalidInput) as caught:
        Window.parse("Mon 09:00-16:00 CET")
    assert "did you mean `CET`" not in str(caught.value)

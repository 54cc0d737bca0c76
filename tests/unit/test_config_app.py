"""`apps/<app>/app.yaml`: what is refused, what it may tighten, and what an app then obeys."""

from datetime import timedelta

import pytest

from gitops.config import Config, Policy, read
from gitops.errors import InvalidInput, Place
from gitops.tree import File, Mode, Tree

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: github, project: acme/fleet}
people:
  ana: {emails: [ana@example.com], logins: [ana-x, ana-y]}
  ci: {bot: true}
groups:
  qa: [ana, Bo, eve, ci]
  leads: [eve, ana-x]
  others: [mallory]
environments:
  - name: dev
    clusters: [dev-1]
    follow: {branch: main}
    deliver: commit
  - name: stage
    clusters: [stage-1]
    after: dev
    follow: {tags: prerelease}
    artifacts: tagged
    proof: contained
    approvals: {from: ['group:acme/qa', qa]}
  - name: prod
    clusters: [prod-eu, prod-us]
    after: stage
    follow: {tags: release}
    artifacts: proven
    proof: commit
    approvals: {required: 2, from: [qa]}
    checks: [{name: render, source: ci}]
    windows: ["Mon-Thu 09:00-16:00 Europe/Budapest"]
    settle: 2m
    soak: 1h
    on_failure: hold
  - name: last
    clusters: [last-1]
    after: prod
"""

APP = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: payments
team: shop
source: {url: https://gitlab.example.com/shop/payments.git, tags: "v{version}"}
artifacts:
  - image: registry.example.com/shop/payments
    tag: "{tag}"
    build: "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"
environments:
  prod: {}
"""

PODINFO = """\
apiVersion: fairlead.dev/v1alpha1
kind: App
name: podinfo
team: platform
artifacts: [{image: ghcr.io/stefanprodan/podinfo}]
environments:
  dev: {follow: {range: ">=6.0.0"}}
  stage: {follow: {pattern: '(?P<version>6\\..*)'}}
"""

HERE = "¦"
"""In a text that is refused: stands before the character that the error must point at."""


def config(app: str, name: str = "payments") -> Config:
    return read(Tree.of({"fleet.yaml": FLEET, f"apps/{name}/app.yaml": app}))


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def policy(app: str, environment: str, name: str = "payments") -> Policy:
    found = config(app, name)
    assert not found.broken, found.broken
    obeyed = found.policy(name, environment)
    assert obeyed is not None
    return obeyed


def refusal(text: str, name: str) -> tuple[InvalidInput, Place | None]:
    """Why the app is broken, and the place of the mark, None without one."""
    before, mark, after = text.partition(HERE)
    path = f"apps/{name}/app.yaml"
    place = Place(path, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    found = config(before + after, name)
    assert found.apps == {}
    assert found.policy(name, "prod") is None
    return found.broken[name], place if mark else None


OWN = "prod: {}"
BUILD = '    build: "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"\n'


def prod(text: str) -> str:
    return f"prod: {{{text}}}"


@pytest.mark.parametrize(
    ("old", "bad", "good", "told"),
    [
        # one value at a time, and what holds between them
        pytest.param("name: payments", "name: ¦pay", "name: payments", "lies in apps/pay",
                     id="dir"),
        pytest.param("team: shop", "taem: ¦shop", "team: acme/shop", "mean `team`", id="misspelt"),
        pytest.param("team: shop\n", "", "team: '@a/b'\n", "`team` is missing", id="no team"),
        pytest.param("team: shop", "team: ¦a b", "team: s", "no team", id="team"),
        pytest.param("https://gitlab.example.com/shop/payments.git", "¦https://ana:pw@h/a",
                     "ssh://git@h/a", "credentials in", id="URL"),
        pytest.param("v{version}", "v{verson}", "{version}", "unknown field", id="tags"),
        pytest.param("v{version}", "{sha}", "v{semver}", "tells no version", id="no version"),
        pytest.param('"{tag}"', '¦"{branch}"', '"{semver}"', "not known of a git", id="tag"),
        pytest.param('"{tag}"', '¦"a/{tag}"', '"a-{tag}"', "no OCI tag", id="tag with /"),
        pytest.param("v{version}", "payments/v{version}", "v{version}", "no OCI", id="monorepo"),
        pytest.param(BUILD, "", BUILD, "`dev` follows a branch", id="no build"),
        pytest.param("main-{sha:7}-", "main-", "{sha}-", "the commit that was", id="no sha"),
        pytest.param(BUILD, BUILD + "    platforms: [¦x]\n", BUILD, "no platform", id="platform"),
        pytest.param(
            BUILD, BUILD + "  - {image: ¦registry.example.com/shop/payments, build: '{sha}'}\n",
            BUILD + "  - {image: registry.example.com/shop/worker, build: '{sha}'}\n",
            "named twice", id="image twice",
        ),
        pytest.param("environments:", "build_checks: [¦unit]\nenvironments:",
                     "build_checks: [{name: unit, source: ci}]\nenvironments:", "mapping",
                     id="build checks"),
        pytest.param("environments:", "build_checks: [¦{name: unit}]\nenvironments:",
                     "build_checks: [{name: unit, source: ci}]\nenvironments:", "source",
                     id="build check of anybody"),
        pytest.param(OWN, "prd: ¦{}", OWN, "unknown environment `prd`; did you mean `prod`",
                     id="env"),
        pytest.param(OWN, "prod:¦", OWN, "has no value", id="environment without a word"),
        pytest.param(OWN, prod("clusters: ¦[a]"), OWN, "said in fleet.yaml", id="clusters"),
        pytest.param(OWN, prod("waves: ¦[a]"), OWN, "until there are waves", id="waves"),
        pytest.param(OWN, prod("follow: ¦{tags: release}"), OWN, "said in fleet.yaml", id="follow"),
        # nothing looser
        pytest.param(OWN, prod("approvals: {required: ¦1}"), prod("approvals: {required: 3}"),
                     "requires 2 approvals; an app may only tighten; write 2 or", id="fewer"),
        pytest.param(OWN, prod("approvals: {required: ¦4}"), prod("approvals: {required: 2}"),
                     "only Bo, ana, eve may approve", id="more than there are"),
        pytest.param(OWN, prod("approvals: {from: ¦[others]}"), prod("approvals: {from: [leads]}"),
                     "does not let mallory approve", id="others"),
        pytest.param(OWN, prod("approvals: {from: ¦['group:acme/qa']}"),
                     prod("approvals: {from: [qa]}"), "let group:acme/qa", id="forge group"),
        pytest.param(OWN, prod("approvals: {from: [¦lead]}"), prod("approvals: {from: [leads]}"),
                     "unknown group `lead`; did you mean `leads`", id="group"),
        pytest.param(OWN, prod("approvals: {from: ¦[]}"), prod("approvals: {}"), "empty",
                     id="none"),
        pytest.param(OWN, "stage: {approvals: {from: ¦['group:acme/x']}}",
                     "stage: {approvals: {from: ['group:acme/qa']}}", "let group:acme/x", id="x"),
        pytest.param(OWN, prod("proof: ¦contained"), prod("proof: digest"),
                     "weaker than `proof: commit`; an app", id="proof"),
        pytest.param(OWN, "dev: {proof: ¦commit}", "dev: {proof: none}", "nothing can be",
                     id="first"),
        pytest.param(OWN, prod("soak: ¦30m"), prod("soak: 1h1s"), "write `1h` or", id="soak"),
        pytest.param(OWN, prod("settle: ¦1m"), prod("settle: 2m"), "write `2m` or", id="settle"),
        pytest.param(
            OWN,
            prod("on_failure: ¦restart"),
            prod("on_failure: hold"),
            "fleet.yaml says `on_failure: hold`",
            id="on failure",
        ),
        pytest.param(OWN, prod("windows: ¦[]"), OWN, "fleet.yaml has windows", id="no windows"),
        pytest.param(OWN, prod("windows: [¦Fri 09:00-10:00 Europe/Budapest]"),
                     prod("windows: [Mon 09:00-10:00 Europe/Budapest]"), "not within", id="window"),
        pytest.param(OWN, prod("windows: [¦Mon 10:00-11:00 UTC]"),
                     prod("windows: [Mon 10:00-11:00 Europe/Budapest]"), "same zone", id="zone"),
        pytest.param(OWN, prod("deliver: ¦commit"), prod("deliver: merge-request"),
                     "`deliver: merge-request`", id="commit"),
        # what is tightened must still be possible
        pytest.param(OWN, "dev: {windows: ¦[Mon 09:00-10:00 UTC]}",
                     "dev: {windows: [Mon 09:00-10:00 UTC], deliver: merge-request}",
                     "no `windows`", id="commit with windows"),
        pytest.param(OWN, "dev: {checks: ¦[{name: a, source: b}]}",
                     "dev: {deliver: merge-request, checks: [{name: a, source: b}]}",
                     "no `checks`", id="commit with checks"),
        pytest.param(OWN, "dev: {approvals: ¦{required: 1, from: [qa]}}",
                     "dev: {deliver: merge-request, approvals: {required: 1, from: [qa]}}",
                     "no `approvals`", id="commit with approvals"),
        pytest.param(OWN, "last: {approvals: {required: ¦1}}",
                     "last: {approvals: {required: 1, from: [others]}}", "say who", id="nobody"),
        pytest.param(BUILD, "    version: ¦own\n", BUILD, "is left whose version", id="all own"),
        pytest.param(BUILD, BUILD + "  - {chart: base, version: ¦own}\n", BUILD,
                     "is what its tags name", id="own beside a source"),
        # the header
        pytest.param("kind: App", "kind: ¦Fleet", "kind: App", "write `kind: App`", id="kind"),
    ],
)  # fmt: skip
def test_refusal(old: str, bad: str, good: str, told: str) -> None:
    assert config(changed(APP, old, good)).broken == {}
    error, place = refusal(changed(APP, old, bad), "payments")
    assert told in f"{error.message}; {error.hint}"
    assert error.hint
    assert error.place is not None
    assert error.place.line
    if place is not None:
        assert error.place == place


@pytest.mark.parametrize(
    ("old", "bad", "good", "told"),
    [
        pytest.param('{range: ">=6.0.0"}', "{tags: ¦release}", "{range: ^6}", "no tags", id="tags"),
        pytest.param('{range: ">=6.0.0"}', "{branch: ¦main}", "{range: 6.x}", "branch",
                     id="branch"),
        pytest.param("podinfo}]", "podinfo, build: ¦'{sha}'}]", "podinfo}]", "no builds",
                     id="build"),
        pytest.param("podinfo}]", "podinfo, version: ¦own}]", "podinfo}, {chart: x, version: own}]",
                     "whose version is the app's", id="own"),
        pytest.param(
            "podinfo}]", "podinfo, tag: ¦'{sha}'}]", "podinfo, tag: 'v{version}'}]",
            "needs {sha}", id="sha",
        ),
        pytest.param(
            "environments:", "build_checks: ¦[{name: unit, source: ci}]\nenvironments:",
            "build_checks: []\nenvironments:", "no commits that could", id="build checks",
        ),
        pytest.param(
            "  stage: {", "  stage: {proof: ¦commit, ", "  stage: {proof: digest, ",
            "weaker than `proof: digest`", id="proof",
        ),
    ],
)  # fmt: skip
def test_refusal_without_a_source(old: str, bad: str, good: str, told: str) -> None:
    assert config(changed(PODINFO, old, good), "podinfo").broken == {}
    error, place = refusal(changed(PODINFO, old, bad), "podinfo")
    assert told in f"{error.message}; {error.hint}"
    assert error.hint
    assert error.place == place


def test_a_monorepo_names_its_image_tags() -> None:
    text = changed(APP, "v{version}", "payments/v{version}")
    assert config(changed(text, '"{tag}"', '"v{version}"')).broken == {}


def test_one_poisoned_app_stops_no_other() -> None:
    found = read(
        Tree(
            {
                "fleet.yaml": File(FLEET.encode()),
                "apps/payments/app.yaml": File(APP.encode()),
                "apps/podinfo/app.yaml": File(PODINFO.encode()),
                "apps/bad/app.yaml": File(b"a: ["),
                "apps/empty/app.yaml": File(b""),
                "apps/link/app.yaml": File(b"../payments/app.yaml", Mode.SYMLINK),
                "apps/large/app.yaml": File(b"", unread="larger than 4 bytes"),
                "apps/Bad Name/app.yaml": File(APP.replace("payments", "Bad Name").encode()),
                "apps/none/kustomization.yaml": File(b"a: ["),
                "apps/none/deep/app.yaml": File(b"a: ["),
            }
        )
    )
    assert sorted(found.apps) == ["payments", "podinfo"]
    assert sorted(found.broken) == ["Bad Name", "bad", "empty", "large", "link"]
    for name, error in found.broken.items():
        assert error.place is not None
        assert error.place.path == f"apps/{name}/app.yaml"


def test_policy_of_an_app_that_says_nothing() -> None:
    obeyed = policy(APP, "prod")
    assert (obeyed.app, obeyed.environment) == ("payments", "prod")
    assert obeyed.clusters == ("prod-eu", "prod-us")
    assert obeyed.after == "stage"
    assert obeyed.follow is not None
    assert obeyed.follow.tags == "release"
    assert (obeyed.artifacts, obeyed.proof) == ("proven", "commit")
    assert (obeyed.deliver, obeyed.required, obeyed.guarded) == ("merge-request", 2, True)
    assert obeyed.approvers == {"ana", "Bo", "eve"}
    assert [(check.name, check.source) for check in obeyed.checks] == [("render", "ci")]
    assert [w.text for w in obeyed.windows] == ["Mon-Thu 09:00-16:00 Europe/Budapest"]
    assert (obeyed.settle, obeyed.soak) == (timedelta(minutes=2), timedelta(hours=1))
    assert obeyed.on_failure == "hold"
    assert (obeyed.max_age, obeyed.build_timeout) == (timedelta(minutes=10), timedelta(hours=24))


def test_an_app_may_hold_what_the_fleet_restarts() -> None:
    assert policy(APP, "stage").on_failure == "restart"
    assert policy(changed(APP, OWN, "stage: {on_failure: hold}"), "stage").on_failure == "hold"


def test_policy_tightened() -> None:
    own = (
        "proof: digest, approvals: {required: 1, from: [leads]}, soak: 2h, "
        "checks: [{name: render, source: ci}, {name: smoke, source: ci}], "
        "windows: ['Tue 10:00-11:00 Europe/Budapest']"
    )
    own = own.replace("required: 1", "required: 2")
    obeyed = policy(changed(APP, OWN, prod(own)), "prod")
    assert obeyed.proof == "digest"
    assert obeyed.required == 2
    assert obeyed.approvers == {"ana", "eve"}
    assert [check.name for check in obeyed.checks] == ["render", "smoke"]
    assert [w.text for w in obeyed.windows] == ["Tue 10:00-11:00 Europe/Budapest"]
    assert (obeyed.settle, obeyed.soak) == (timedelta(minutes=2), timedelta(hours=2))


@pytest.mark.parametrize(
    ("environment", "guarded", "taken"),
    [
        pytest.param("dev", False, ("tagged", "none"), id="nothing comes before"),
        pytest.param("stage", False, ("tagged", "contained"), id="no approval is required"),
        pytest.param("prod", True, ("proven", "commit"), id="guarded"),
        pytest.param("last", False, ("proven", "digest"), id="after alone"),
    ],
)
def test_what_each_environment_asks(
    environment: str, guarded: bool, taken: tuple[str, str]
) -> None:
    obeyed = policy(APP, environment)
    assert obeyed.guarded is guarded
    assert (obeyed.artifacts, obeyed.proof) == taken


@pytest.mark.parametrize(
    ("environment", "follows", "taken", "after"),
    [
        pytest.param("dev", ">=6.0.0", ("tagged", "none"), None, id="range"),
        pytest.param("stage", r"(?P<version>6\..*)", ("proven", "digest"), "dev", id="pattern"),
        pytest.param("prod", None, ("proven", "digest"), "stage", id="after alone"),
    ],
)
def test_an_app_without_a_source_follows_its_own_word(
    environment: str, follows: str | None, taken: tuple[str, str], after: str | None
) -> None:
    obeyed = policy(PODINFO, environment, "podinfo")
    follow = obeyed.follow
    assert (follow and (follow.range or follow.pattern)) == follows
    assert (obeyed.artifacts, obeyed.proof) == taken
    assert obeyed.after == after
    assert obeyed.deliver == ("commit" if environment == "dev" else "merge-request")


@pytest.mark.parametrize(
    ("login", "name"),
    [
        pytest.param("ana-x", "ana", id="a login of a person"),
        pytest.param("ANA-Y", "ana", id="another, whatever its case"),
        pytest.param("ana", None, id="the name of a person with other logins"),
        pytest.param("bo", "Bo", id="a login that nobody claims"),
        pytest.param("eve", "eve", id="the same"),
        pytest.param("ci", None, id="a machine"),
        pytest.param("mallory", None, id="in another group"),
    ],
)
def test_approver(login: str, name: str | None) -> None:
    assert policy(APP, "prod").approver(login) == name


def test_groups_of_the_forge_are_kept_apart() -> None:
    obeyed = policy(APP, "stage")
    assert obeyed.forge_groups == {"acme/qa"}
    assert obeyed.approvers == {"ana", "Bo", "eve"}
    narrowed = changed(APP, OWN, "stage: {approvals: {from: [leads]}}")
    assert policy(narrowed, "stage").forge_groups == frozenset()


def test_nothing_is_known_of_what_is_not_there() -> None:
    found = config(APP)
    assert found.policy("payments", "qa") is None
    assert found.policy("other", "prod") is None

"""`fleet.yaml`: what is refused, at which place and with which cure, and what is right beside."""

from collections.abc import Mapping

import pytest

from gitops.config import Config, read
from gitops.errors import InvalidInput, Place
from gitops.tree import File, Mode, Tree

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: gitlab, project: platform/fleet}
people:
  ana: {emails: [ana@example.com], logins: [ana]}
  bo: {emails: [bo@example.com]}
  ci: {emails: [ci@example.com], bot: true}
groups:
  qa: [ana, bo, eve]
environments:
  - name: dev
    clusters: [dev-1]
    follow: {branch: main}
  - name: stage
    clusters: [stage-1]
    after: dev
    follow: {tags: prerelease}
    artifacts: tagged
    proof: contained
    approvals: {required: 1, from: [qa]}
    soak: 30m
  - name: prod
    clusters: [prod-eu, {name: prod-us, path: clusters/us}]
    after: stage
    follow: {tags: release}
    artifacts: proven
    proof: commit
    approvals: {required: 2, from: [qa]}
    checks: [{name: render, source: ci}]
    windows: ["Mon-Thu 09:00-16:00 Europe/Budapest"]
freezes:
  - {from: 2026-12-20, to: 2027-01-03, zone: Europe/Budapest, reason: holidays}
"""

HERE = "¦"
"""In a text that is refused: stands before the character that the error must point at."""


def config(text: str) -> Config:
    return read(Tree.of({"fleet.yaml": text}))


def place_of(text: str, path: str) -> tuple[str, Place]:
    """The text without its mark, and where that stood."""
    before, mark, after = text.partition(HERE)
    assert mark
    line = before.count("\n") + 1
    return before + after, Place(path, line, len(before.rpartition("\n")[2]) + 1)


def changed(old: str, new: str) -> str:
    assert FLEET.count(old) == 1, old
    return FLEET.replace(old, new)


DEV = "    follow: {branch: main}\n"
STAGE = "    artifacts: tagged\n    proof: contained\n"
PROD = "    artifacts: proven\n    proof: commit\n"
PROD_APPROVALS = "approvals: {required: 2, from: [qa]}"
FREEZE = "reason: holidays"


@pytest.mark.parametrize(
    ("old", "bad", "good", "told"),
    [
        # one value at a time
        pytest.param("name: acme\n", "¦", "name: b\n", "`name` is missing; add", id="missing"),
        pytest.param("name: acme", "name: ¦Acme", "name: a", "no name; use at", id="name"),
        pytest.param("name: acme", "name: ¦1.0", "name: '10'", "no name", id="version as name"),
        pytest.param("name: acme", "name: ¦7", "name: '7'", "`name` is no text", id="number"),
        pytest.param("name: acme", "name:¦", "name: a", "`name` has no value", id="null"),
        pytest.param("name: acme", "naem: ¦acme", "name: a", "did you mean `name`", id="misspelt"),
        pytest.param("soak: 30m", "soke: ¦30m", "soak: 1m", "`soke`; did you mean `soak`",
                     id="deep"),
        pytest.param(
            "required: 1", "requird: ¦1", "required: 2", "did you mean `required`", id="deeper"
        ),
        pytest.param("bot: true", "bto: ¦true", "bot: true", "did you mean `bot`", id="person"),
        pytest.param("bot: true", "bot: ¦yes", "bot: true", "neither true nor false", id="yes"),
        pytest.param("{tags: release}", "{tags: ¦final}", "{tags: release}", "`final`", id="tags"),
        pytest.param("kind: gitlab", "kind: ¦gitlub", "kind: gitea", "mean `gitlab`", id="forge"),
        pytest.param("[stage-1]", "¦stage-1", "[stage-2]", "`clusters` is no list", id="no list"),
        pytest.param("[stage-1]", "¦[]", "[stage-2]", "`clusters` is empty", id="no cluster"),
        pytest.param("[stage-1]", "[¦Stage]", "[stage-2]", "no name", id="cluster name"),
        pytest.param("[stage-1]", "[¦1]", "['1']", "no mapping", id="cluster number"),
        pytest.param(
            "path: clusters/us", "path: ¦../us", "path: us", "not a path inside", id="path"
        ),
        pytest.param("soak: 30m", "soak: ¦30", "soak: 0", "write it as `30s`", id="unit"),
        pytest.param("soak: 30m", "soak: ¦half", "soak: 1h30m", "no duration", id="duration"),
        pytest.param(
            "soak: 30m", "max_age: ¦0s", "max_age: 1s", "too small; write more than", id="age"
        ),
        pytest.param("required: 1", "required: ¦'1'", "required: 3", "whole number", id="quoted"),
        pytest.param("required: 1", "required: ¦-1", "required: 0", "write 0 or more", id="minus"),
        pytest.param("16:00 Eu", "08:00 Eu", "10:00 Eu", "before it starts", id="window end"),
        pytest.param("Mon-Thu", "Mon-Thr", "Mon", "unknown day", id="window day"),
        pytest.param("Europe/Budapest\"]", "Europe/Pest\"]", "UTC\"]", "zone", id="window zone"),
        pytest.param("name: render, ", "name: render, x: ¦1, ", "name: a, ", "`x`", id="check"),
        pytest.param(
            "[{name: render, source: ci}]",
            "[¦{name: render}]",
            "[{name: render, source: 15368}]",
            "`source` is missing",
            id="check without source",
        ),
        pytest.param(
            "soak: 30m", "waves: ¦[]", "soak: 1m", "remove it; the clusters of an", id="waves"
        ),
        # follow
        pytest.param("{branch: main}", "¦{}", "{branch: a}", "follows nothing", id="nothing"),
        pytest.param(
            "{tags: release}",
            "¦{tags: release, range: '>=1'}",
            "{range: '>=1'}",
            "follows tags and range at once",
            id="two streams",
        ),
        pytest.param("{tags: release}", "{range: ¦one}", "{range: ^1.0}", "no range", id="range"),
        pytest.param(
            "{tags: release}",
            "{pattern: ¦'v(.*)'}",
            "{pattern: 'v(?P<version>.*)'}",
            "version",
            id="pattern",
        ),
        pytest.param("{branch: main}", "{branch: ¦'a b'}", "{branch: a}", "no branch", id="branch"),
        # order
        pytest.param("after: stage", "after: ¦stagee", "after: dev", "mean `stage`", id="after"),
        pytest.param("after: stage", "after: ¦prod", "after: dev", "prod after prod: a circle",
                     id="itself"),
        pytest.param("name: prod\n", "name: ¦dev\n", "name: live\n", "named twice", id="twice"),
        pytest.param(
            DEV, DEV + "    after: ¦prod\n    artifacts: tagged\n    proof: none\n",
            DEV, "dev after prod after stage after dev: a circle", id="circle",
        ),
        # what is taken, and what must be proven
        pytest.param(STAGE, "", STAGE, "nothing is assumed; add `artifacts: ...` and", id="both"),
        pytest.param(
            STAGE, "    artifacts: tagged\n", "    artifacts: tagged\n    proof: none\n",
            "nothing is assumed; add `proof", id="no proof",
        ),
        pytest.param(
            PROD, "    artifacts: proven\n    proof: ¦contained\n",
            "    artifacts: proven\n    proof: digest\n", "write `proof: commit`", id="proven weak",
        ),
        pytest.param(
            PROD, "    artifacts: proven\n    proof: ¦none\n",
            "    artifacts: tagged\n    proof: none\n", "write `proof: commit`", id="proven none",
        ),
        pytest.param(
            PROD, "    artifacts: tagged\n    proof: ¦contained\n",
            "    artifacts: tagged\n    proof: version\n", "needs a branch", id="contained",
        ),
        pytest.param(
            DEV, DEV + "    proof: ¦digest\n", DEV + "    proof: none\n",
            "`proof: digest` needs an environment before", id="proof first",
        ),
        pytest.param(
            DEV, DEV + "    artifacts: ¦proven\n", DEV + "    artifacts: tagged\n",
            "`artifacts: proven` needs an environment before", id="proven first",
        ),
        pytest.param(
            "    follow: {tags: release}\n    artifacts: proven\n", "    artifacts: ¦tagged\n",
            "    artifacts: proven\n", "follows no tags", id="tagged without tags",
        ),
        # delivery
        pytest.param(
            "soak: 30m", "deliver: commit", "deliver: merge-request",
            "no `approvals`", id="commit with approvals",
        ),
        pytest.param(
            PROD_APPROVALS, "deliver: commit", "deliver: merge-request",
            "no `checks`; write `deliver: merge-request`", id="commit with checks",
        ),
        pytest.param(
            DEV, DEV + "    deliver: commit\n    windows: ¦[Mon 09:00-10:00 UTC]\n",
            DEV + "    deliver: commit\n    approvals: {required: 0}\n",
            "no `windows`", id="commit with windows",
        ),
        pytest.param(
            DEV, DEV + "    deliver: commit\n    approvals: ¦{from: [qa]}\n",
            DEV + "    approvals: {from: [qa]}\n", "no `approvals`", id="commit with approvers",
        ),
        pytest.param(
            PROD_APPROVALS, "approvals: {required: ¦2}",
            "approvals: {required: 0}", "nobody may give them; say who", id="nobody",
        ),
        pytest.param(
            PROD_APPROVALS, "approvals: {required: ¦4, from: [qa]}",
            "approvals: {required: 3, from: [qa]}", "only ana, bo, eve may", id="too many",
        ),
        pytest.param(
            PROD_APPROVALS, "approvals: {required: 2, from: [¦q]}",
            "approvals: {required: 9, from: ['group:acme/qa']}",
            "unknown group `q`; did you mean `qa`", id="group",
        ),
        pytest.param(
            PROD_APPROVALS, "approvals: {required: 2, from: [qa, ¦'group:']}",
            "approvals: {required: 2, from: [qa, 'group:a']}", "names no group", id="group:",
        ),
        *(
            pytest.param(
                PROD_APPROVALS, f"approvals: {{required: 2, from: [qa, ¦'{bad}']}}",
                "approvals: {required: 2, from: [qa, 'group:acme/qa']}",
                "`group:acme/qa`", id=bad,
            )
            for bad in ("group: acme/qa", "group:acme/qa ", "group:@acme/qa", "@acme/qa")
        ),
        # people, groups, clusters, freezes
        pytest.param(
            "[bo@example.com]", "[¦ANA@example.com]", "[b@example.com]",
            "belongs to `ana` and to `bo`; give it", id="e-mail of two",
        ),
        pytest.param(
            "emails: [bo@example.com]", "logins: [bob, ¦Ana]", "logins: [bob, bo]",
            "`Ana` belongs to `ana` and to `bo`", id="login of two",
        ),
        pytest.param(
            "logins: [ana]", "logins: [¦bo]", "logins: [ana-x]", "belongs to `bo`", id="a name",
        ),
        pytest.param("  bo: {", "  bo@x: ¦{", "  b.o: {", "is no login", id="person's name"),
        pytest.param("[ana, bo, eve]", "[ana, ¦'group:x', bo]", "[ana, bo]", "login", id="member"),
        pytest.param("name: prod-us", "name: ¦prod-eu", "name: dev-1", "`prod-eu` is named",
                     id="cluster twice"),
        pytest.param(
            "path: clusters/us", "path: ¦clusters/dev/dev-1", "path: clusters/prod/prod-us",
            "the path of dev/dev-1 already", id="path twice",
        ),
        pytest.param("2027-01-03", "¦2026-12-19", "2026-12-20", "before it starts", id="freeze"),
        pytest.param("2027-01-03", "¦2026-02-30", "2026-12-24", "no date", id="date"),
        pytest.param("2027-01-03", "¦20270103", "'2027-01-03'", "in quotes", id="no date"),
        pytest.param(
            FREEZE, FREEZE + ", environments: [¦pord]", FREEZE + ", environments: [prod]",
            "did you mean `prod`", id="freeze elsewhere",
        ),
        pytest.param(
            FREEZE, FREEZE + ", environments: ¦[]", FREEZE, "`environments` is empty",
            id="freeze []",
        ),
        pytest.param(f", {FREEZE}", "", f", {FREEZE}", "`reason` is missing", id="no reason"),
        # the forge
        *(
            pytest.param(
                "project: platform/fleet}", f"project: platform/fleet, webhook: ¦'{bad}'}}",
                "project: platform/fleet, webhook: 'https://hooks.example.com:8443/a'}",
                "not the URL of a webhook", id=f"webhook {bad}",
            )
            for bad in (
                "http://hooks.example.com/a", "https://bo:pw@hooks.example.com/a", "hooks",
                "https://hooks.example.com/a?token=pw", "https://hooks.example.com/a#b", "https://",
            )
        ),
        pytest.param(
            "{kind: gitlab, project: platform/fleet}",
            "{kind: local, webhook: ¦'https://hooks.example.com/a'}", "{kind: local}",
            "the embedded forge tells nobody", id="webhook of the embedded forge",
        ),
        pytest.param(
            "{kind: gitlab, project: platform/fleet}", "{kind: ¦gitea}",
            "{kind: gitea, project: a/b}", "no project on gitea", id="no project",
        ),
        pytest.param(
            "{kind: gitlab, project: platform/fleet}", "{kind: local, project: ¦a/b}",
            "{kind: local}", "remove `project`", id="project of the embedded forge",
        ),
        # the header
        pytest.param("kind: Fleet", "kind: ¦App", "kind: Fleet", "write `kind: Fleet`", id="kind"),
        pytest.param("v1alpha1", "v1", "v1alpha1", "fairlead.dev/v1alpha1`", id="apiVersion"),
        pytest.param("kind: Fleet\n", "", "kind: Fleet\n", "add `kind: Fleet`", id="no kind"),
        pytest.param("kind: Fleet", "kidn: Fleet", "kind: Fleet", "mean `kidn`",
                     id="kind misspelt"),
    ],
)  # fmt: skip
def test_refusal(old: str, bad: str, good: str, told: str) -> None:
    config(changed(old, good))
    text = changed(old, bad)
    place = None
    if HERE in text:
        text, place = place_of(text, "fleet.yaml")
    with pytest.raises(InvalidInput) as caught:
        config(text)
    error = caught.value
    assert told in f"{error.message}; {error.hint}"
    assert error.hint
    assert error.place is not None
    assert error.place.path == "fleet.yaml"
    assert error.place.line
    assert error.place.column
    if place is not None and "missing" not in error.message:
        assert error.place == place


def test_an_embedded_forge_has_no_groups() -> None:
    text = changed("{kind: gitlab, project: platform/fleet}", "{kind: local}")
    config(text)
    text, place = place_of(
        text.replace("{required: 2, from: [qa]}", "{required: 2, from: [qa, ¦'group:acme/qa']}"),
        "fleet.yaml",
    )
    with pytest.raises(InvalidInput, match="embedded forge has no group `acme/qa`") as caught:
        config(text)
    assert caught.value.place == place


def test_the_first_of_several_is_told() -> None:
    text = FLEET.replace("soak: 30m", "soak: 30").replace("name: acme", "name: Acme")
    with pytest.raises(InvalidInput, match=r"^fleet\.yaml:3:7: `Acme`"):
        config(text)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "no fleet here", id="absent"),
        pytest.param({"fleet.yaml": File(b"", Mode.FILE)}, "is empty", id="empty"),
        pytest.param({"fleet.yaml": File(b"# x\n", Mode.FILE)}, "is empty", id="comment"),
        pytest.param({"fleet.yaml": File(b"- a\n", Mode.FILE)}, "no mapping", id="list"),
        pytest.param({"fleet.yaml": File(b"x.yaml", Mode.SYMLINK)}, "symlink", id="symlink"),
        pytest.param({"fleet.yaml": File(b"", unread="larger")}, "larger", id="unread"),
        pytest.param({"fleet.yaml": File(b"a: [")}, "not YAML", id="broken"),
        pytest.param({"fleet.yaml": File(b"a: 1\na: 2\n")}, "twice", id="key twice"),
        pytest.param(
            {"fleet.yaml": File(f"{FLEET}---\n{FLEET}".encode())}, "second document", id="two"
        ),
    ],
)
def test_a_file_that_is_no_fleet(files: Mapping[str, File], told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        read(Tree(files))
    assert caught.value.place is not None
    assert caught.value.place.path == "fleet.yaml"


def test_defaults() -> None:
    fleet = config(FLEET).fleet
    dev = fleet.environments[0]
    assert fleet.branch == "main"
    assert dev.deliver == "merge-request"
    assert (dev.approvals.required, dev.checks, dev.windows) == (0, (), ())
    times = (dev.settle, dev.soak, dev.max_age, dev.build_timeout)
    assert [time.total_seconds() for time in times] == [60, 0, 600, 86400]


def test_a_fleet_is_read_as_it_is_written() -> None:
    found = config(FLEET)
    assert found.environments == ("dev", "stage", "prod")
    assert found.roots == {
        "dev": ("clusters/dev/dev-1",),
        "stage": ("clusters/stage/stage-1",),
        "prod": ("clusters/prod/prod-eu", "clusters/us"),
    }
    assert [found.followers(name) for name in found.environments] == [("stage",), ("prod",), ()]
    assert found.environment("prod") is found.fleet.environments[2]
    assert found.environment("qa") is None


def test_environments_are_ordered_by_after() -> None:
    names = ["prod", "eu", "dev", "us"]
    after = {"prod": "after: eu", "eu": "after: dev", "us": "after: dev", "dev": ""}
    listed = "".join(f"  - {{name: {name}, clusters: [{name}], {after[name]}}}\n" for name in names)
    start, end = FLEET.index("  - name: dev"), FLEET.index("freezes:")
    found = config(FLEET[:start] + listed + FLEET[end:])
    assert found.environments == ("dev", "eu", "prod", "us")
    assert found.followers("dev") == ("eu", "us")


def test_freezes_are_of_all_environments_unless_said() -> None:
    text = FLEET + (
        "  - {from: 2026-05-01, to: 2026-05-01, zone: UTC, reason: fair, environments: [prod]}\n"
    )
    found = config(text)
    reasons = {n: [f.reason for f in found.freezes_for(n)] for n in found.environments}
    assert reasons == {"dev": ["holidays"], "stage": ["holidays"], "prod": ["holidays", "fair"]}


@pytest.mark.parametrize(
    ("contact", "person", "bot"),
    [
        pytest.param("ana", "ana", False, id="login"),
        pytest.param("ANA@Example.com", "ana", False, id="e-mail, whatever its case"),
        pytest.param("bo", "bo", False, id="the name is the login where none is listed"),
        pytest.param("ci@example.com", "ci", True, id="machine"),
        pytest.param("eve", None, False, id="in a group only"),
        pytest.param("", None, False, id="empty"),
    ],
)
def test_who_is_who(contact: str, person: str | None, bot: bool) -> None:
    found = config(FLEET)
    assert found.person_of(contact) == person
    assert found.is_bot(contact) is bot


def test_the_name_of_a_person_with_other_logins_is_no_login() -> None:
    found = config(changed("logins: [ana]", "logins: [ana-x]"))
    assert found.person_of("ana") is None
    assert found.person_of("ana-x") == "ana"


def test_models_do_not_change() -> None:
    fleet = config(FLEET).fleet
    with pytest.raises(ValueError, match="frozen"):
        fleet.name = "other"

"""What a merge request's text says of a promotion, its bounds, and the example in the manual."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.body import MAX_DIFF, Reading, SiteChange, Source, text
from bot.frame import MAX_BODY, Claims, frame, hashed, written
from bot.model import Artifact, CheckState, Gap, Manifest, Release, Target
from bot.on_cluster import OnCluster
from bot.plan import GateVerdict, Pass, Promotion, Refuse, Wait
from bot.ports import Change, Changes
from bot.verdicts import says_the_same, status, table
from tests.conftest import ROOT

OLD, NEW, HEAD = "a1" * 20, "b2" * 20, "4ead" * 10
IMAGE = "registry.example.com/shop/payments"
DIGEST = "sha256:" + "c3" * 32
RELEASE = Release("payments", "v1.1", NEW, (Artifact(IMAGE, "v1.1", DIGEST),))
PROMOTION = Promotion(
    Target("prod", "payments"),
    RELEASE,
    "promote/prod/payments/v1.1",
    ("v1.1-rc.2 proven in stage",),
)
FILE = "apps/payments/envs/prod/kustomization.yaml"
DIFF = f"""--- a/{FILE}
+++ b/{FILE}
@@ -4,4 +4,4 @@
 images:
   - name: {IMAGE}
-    newTag: v1.0
-    digest: "sha256:{"d4" * 32}"
+    newTag: v1.1
+    digest: "{DIGEST}"
"""
READING = Reading(
    before=((IMAGE, f"v1.0@sha256:{'d4' * 32}"),),
    diff=DIFF,
    sites=(
        SiteChange(FILE, 6, IMAGE, "v1.0", "v1.1"),
        SiteChange(FILE, 7, IMAGE, f"sha256:{'d4' * 32}", DIGEST),
    ),
    source=Source(
        "https://gitlab.example.com/shop/payments.git",
        OLD,
        Changes((Change(NEW, "Retry refused cards, closes #12"), Change("e5" * 20, "Add metrics"))),
    ),
    manifests=((IMAGE, Manifest(DIGEST, ("linux/amd64", "linux/arm64"), NEW)),),
    supersedes=("!41",),
)
VERDICTS = (
    GateVerdict("newer", Pass()),
    GateVerdict("built", Pass()),
    GateVerdict("proven", Pass("v1.1-rc.2 proven in stage")),
    GateVerdict("approved", Wait("1 of 2 approvals (cy); may approve: di, finn, gus")),
    GateVerdict("green", Pass()),
    GateVerdict("intact", Pass()),
    GateVerdict(
        "window",
        Wait(
            "outside its windows (Mon-Thu 09:00-16:00 UTC)", datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
        ),
    ),
    GateVerdict("freeze", Pass()),
    GateVerdict("hold", Pass()),
)
TOLD = "health check failed after {}: timeout waiting for: [Deployment/shop/payments status]"
CLUSTERS = (
    OnCluster("prod-eu", "v1.0", "v1.0", "healthy", datetime(2026, 3, 1, 8, 5, 12, tzinfo=UTC)),
    OnCluster(
        "prod-us",
        "v1.0",
        "v1.0",
        "not ready",
        datetime(2026, 3, 3, 7, 44, tzinfo=UTC),
        TOLD.format("30s"),
    ),
)


def example() -> str:
    """The body that the manual shows."""
    said = text(PROMOTION, READING)
    people = ("cy", "di", "finn", "gus")
    claims = Claims("prod", "payments", "v1.1", NEW, RELEASE.identity, HEAD, hashed(said), people)
    return frame(said, table(VERDICTS, CLUSTERS), written(claims), "0" * 64)


def test_the_manual_shows_what_is_written() -> None:
    page = (ROOT / "docs" / "merge-requests.md").read_text(encoding="utf-8")
    assert f"`````markdown\n{example()}`````\n" in page
    said = status(VERDICTS)
    assert f"`{said.state}`: `{said.description}`" in page


def test_what_is_not_known_is_left_out() -> None:
    bare = text(PROMOTION, Reading((), DIFF))
    for heading in ("### Changelog", "### Where", "### Annotations", "Supersedes", "<details>"):
        assert heading not in bare
        assert heading in text(PROMOTION, replace(READING, rendered="-a\n+b\n"))


def test_what_could_not_be_read_is_said() -> None:
    source = Source("https://git.example.com/a.git", OLD, Gap("source", "did not answer"))
    said = text(PROMOTION, replace(READING, source=source))
    assert "The history could not be read: `did not answer`." in said


def test_it_fits_every_forge_and_says_what_was_cut() -> None:
    many = "".join(f"-    line {number} of a long file\n" for number in range(50_000))
    sites = tuple(SiteChange(f"{'x' * 150}/{n}.yaml", n, IMAGE, "v1", "v2") for n in range(5000))
    long = tuple(f"{'y' * 180} {number}" for number in range(500))
    changes = Changes(tuple(Change(NEW, "z" * 500) for _ in range(50)), more=10**6)
    reading = replace(
        READING,
        diff=many,
        rendered=many,
        sites=sites,
        source=Source("https://git.example.com/a.git", OLD, changes),
    )
    said = text(replace(PROMOTION, notes=long), reading)
    verdicts = tuple(replace(v, verdict=Refuse("; ".join(["r" * 700] * 9))) for v in VERDICTS)
    claims = Claims("p", "p", "v", NEW, "r" * 64, HEAD, hashed(said), ("l" * 39,) * 10)
    sick = tuple(OnCluster(f"c{n}", "v" * 500, "w" * 500, "x", None, "r" * 900) for n in range(99))
    shown = table(verdicts, sick)
    assert len(frame(said, shown, written(claims), "0" * 64)) < MAX_BODY
    assert "| … and 95 more | | | | | |" in shown
    assert "sections did not fit here" in said
    some = tuple(SiteChange(f"{n}.yaml", n, IMAGE, "v1", "v2") for n in range(80))
    shown = text(PROMOTION, replace(READING, diff=many, rendered=many, sites=some))
    assert shown.count("… cut: ") == 2
    assert 2 * MAX_DIFF < len(shown) < MAX_BODY
    assert "… and 30 more places" in shown


def test_a_refusal_and_a_wait_say_when_to_look_again() -> None:
    shown = table((*VERDICTS, GateVerdict("proven", Refuse("the proven image is gone"))))
    assert "| 2026-03-04 09:00 UTC |" in shown
    assert "| when it changes |" in shown
    assert "| **refuses** | `the proven image is gone` | when a person changes it |" in shown


def test_a_time_that_grows_rewrites_nothing() -> None:
    said = "no proof yet: v1 runs there, soaked: soaked for {} of 0:30:00"
    texts = {
        table((GateVerdict("proven", Wait(said.format(grown))),))
        for grown in ("0:08:00", "0:09:13", "1 day, 0:00:01.250000")
    }
    assert len(texts) == 1
    assert "of 0:30:00" in texts.pop()


def test_clusters_that_are_not_in_order_stand_first_and_no_words_stay_empty() -> None:
    _, _, told = table(VERDICTS, CLUSTERS).partition("### Clusters now")
    assert told.index("prod-us") < told.index("prod-eu")
    assert "| `prod-eu` | `v1.0` | `v1.0` | healthy | `2026-03-01 08:05:12 UTC` |  |" in told
    assert "### Clusters now" not in table(VERDICTS)


@pytest.mark.parametrize(
    "reason",
    [
        TOLD.format("30.{}s"),
        "too old: it last looked 0:1{}:00 ago",
        "its clock is ahead: it looked at 10:00:0{}Z",
        "its clock is 1:00:00.{} ahead of ours",
    ],
)
def test_what_is_another_at_each_look_rewrites_nothing(reason: str) -> None:
    one, two = (
        table(VERDICTS, [replace(CLUSTERS[1], reason=reason.format(n))]) for n in ("1", "2")
    )
    assert one == two


def test_a_moment_that_moves_by_seconds_rewrites_nothing_and_a_later_one_does() -> None:
    shown, gone = (
        table(VERDICTS, CLUSTERS),
        table(VERDICTS, [replace(c, since=None) for c in CLUSTERS]),
    )
    moved = {
        seconds: table(
            VERDICTS,
            [replace(c, since=c.since + timedelta(seconds=seconds)) for c in CLUSTERS if c.since],
        )
        for seconds in (2, 60)
    }
    assert shown not in moved.values()
    assert says_the_same(shown, moved[2])
    assert not says_the_same(shown, moved[60])
    assert not says_the_same(shown, gone)
    assert not says_the_same(shown, shown.replace("2026-03-01", "2026-99-99"))


def test_the_status_is_short_whatever_is_said() -> None:
    said = status((GateVerdict("built", Wait("x" * 500)), GateVerdict("proven", Refuse("y" * 500))))
    assert said.state is CheckState.FAILURE
    assert said.description.startswith("proven (and 1 more): yyy")
    assert len(said.description) == 140

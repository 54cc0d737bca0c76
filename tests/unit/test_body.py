"""What a merge request's text says of a promotion, its bounds, and the example in the manual."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.body import MAX_DIFF, Reading, SiteChange, Source, text
from bot.frame import MAX_BODY, Claims, frame, hashed, written
from bot.model import Artifact, CheckState, Gap, Manifest, Release, Target
from bot.plan import GateVerdict, Pass, Promotion, Refuse, Wait
from bot.ports import Change, Changes
from bot.verdicts import status, table
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


def example() -> str:
    """The body that the manual shows."""
    said = text(PROMOTION, READING)
    people = ("cy", "di", "finn", "gus")
    claims = Claims("prod", "payments", "v1.1", NEW, RELEASE.identity, HEAD, hashed(said), people)
    return frame(said, table(VERDICTS), written(claims), "0" * 64)


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
    assert len(frame(said, table(verdicts), written(claims), "0" * 64)) < MAX_BODY
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


def test_the_status_is_short_whatever_is_said() -> None:
    said = status((GateVerdict("built", Wait("x" * 500)), GateVerdict("proven", Refuse("y" * 500))))
    assert said.state is CheckState.FAILURE
    assert said.description.startswith("proven (and 1 more): yyy")
    assert len(said.description) == 140

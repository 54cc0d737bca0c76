"""10^5 hostile texts in titles and bodies: no forge finds anything in them to act on (S11, T30)."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from bot.body import Reading, SiteChange, Source, text
from bot.describe import branch_name, title
from bot.forge import CommitStatus
from bot.frame import Claims, frame, hashed, unframe, written
from bot.model import Artifact, Gap, Manifest, Release, Target
from bot.on_cluster import OnCluster
from bot.plan import GateVerdict, Pass, Promotion, Refuse, Wait
from bot.ports import Change, Changes
from bot.stop import Rollback
from bot.verdicts import status, table
from tests.unit.forge_readers import commands, found, found_in_title
from tests.unit.hostile_texts import FRAMES, SIGNS, hostile

COUNT = 100_000
SLOTS = 24
"""Texts that go into one body."""

PARTS = 10
UNTIL = datetime(2026, 3, 4, 9, tzinfo=UTC)


def promotion(version: str, tag: str, note: str, *, back: bool = False) -> Promotion:
    target = Target("prod", "payments")
    release = Release("payments", version, "c" * 40, (Artifact(f"r.example/{tag}", tag, None),))
    rollback = Rollback(1, note, tag, UNTIL) if back else None
    return Promotion(target, release, branch_name(target, version, rollback), (note,), rollback)


def body(texts: list[str]) -> tuple[Promotion, str]:
    """A body with every one of these in the place of some foreign text."""
    assert len(texts) == SLOTS
    t = iter(texts)
    made = promotion(next(t), next(t), next(t))
    changes = Changes(tuple(Change("d" * 40, next(t)) for _ in range(5)), 3, taken_back=True)
    gone = Gap("source", next(t))
    reading = Reading(
        before=((made.release.artifacts[0].repository, next(t)),),
        diff=next(t),
        sites=tuple(SiteChange(next(t), 3, "x", next(t), next(t)) for _ in range(2)),
        source=Source(next(t), "e" * 40, changes if len(texts[0]) % 2 else gone),
        manifests=(("x", Manifest("sha256:0", (next(t),), next(t))),),
        rendered=next(t),
        voided=next(t),
    )
    verdicts = (GateVerdict("a", Pass(next(t))), GateVerdict("b", Wait(next(t), UNTIL)))
    clusters = [OnCluster("eu", texts[1], texts[2], "healthy", UNTIL, texts[3])]
    shown = table((*verdicts, GateVerdict("c", Refuse(texts[0]))), clusters)
    said = text(made, reading)
    claims = Claims("prod", "payments", texts[0], None, "r", "h", hashed(said), tuple(texts[1:3]))
    assert next(t, None) is None
    return made, frame(said, shown, written(claims), "0" * 64)


def test_the_readers_see_what_is_there() -> None:
    """The net has no hole: each sign is seen where nothing keeps it from being read."""
    seen = {sign for sign in SIGNS if found(f"x\n\n{sign}\n") or found_in_title(sign)}
    unseen = set(SIGNS) - seen
    # Words of trackers that a project may add, halves of something, and the end of our own fold.
    assert unseen == {"ABC-12", "SECRET:x", "[x][y]", "-->", "</details>"}
    assert found("<details>\n\nx\n\n</details>\n")
    assert found("x\n\n</details>\n\nx\n\n</details>\n")
    for said in ("````\n```\n/merge\n```\n````", "```\nx\n```` \n/merge"):
        assert commands(said)
    assert not found("`@all` and ```diff\n")
    assert found("`@all`` @all")
    assert found("``` x\n```\n@all")


def test_what_is_harmless_is_let_through() -> None:
    for said in ("plain words", "`/merge` `@all` `Closes #1`", "- a list\n- of `code`\n\n> quoted"):
        assert found(said) == []
    assert found_in_title("Promote payments v1.0-rc.1+build.5 to prod") == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_in_a_body_is_acted_on(part: int) -> None:
    texts = hostile(part, COUNT // PARTS + SLOTS)
    for _ in range(COUNT // PARTS // SLOTS + 1):
        made, said = body(list(islice(texts, SLOTS)))
        assert found(said) == []
        assert found_in_title(title(made)) == []
        assert unframe(said) is not None
        said.encode()


@pytest.mark.slow
def test_nothing_in_a_title_or_a_status_is_acted_on() -> None:
    for each in hostile(PARTS, COUNT):
        made = promotion(each, "t", "n")
        assert found_in_title(title(made)) == [], each
        said: CommitStatus = status((GateVerdict("a", Wait(each)),))
        assert len(said.description) <= 140
        assert len(said.description.splitlines()) == 1


@pytest.mark.parametrize("sign", [*SIGNS, *FRAMES])
def test_each_sign_alone_does_nothing(sign: str) -> None:
    for said in (sign, f"\n{sign}", f"{sign}\n", f"x {sign} y", f"`{sign}`", f"```\n{sign}"):
        made, shown = body([said] * SLOTS)
        assert found(shown) == []
        assert found_in_title(title(made)) == []
        back = promotion(said, "t", said, back=True)
        assert found(text(back, Reading((), said))) == []
        assert found_in_title(title(back)) == []

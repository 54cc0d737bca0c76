"""Each row of the transition table in docs/states.md, on an app in the environment stage."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.decide import decide
from bot.describe import branch_name
from bot.model import (
    Approval,
    CommitFacts,
    GitTag,
    Health,
    Manifest,
    MergeRequest,
    MergeRequestState,
    Readiness,
    Reference,
    Release,
    Source,
    Target,
)
from bot.observation import Branch, Observation, PinFacts, Report, Resolved, Running
from bot.plan import PromotionState
from bot.state import Failure, Origin, Proof, Restart, Seen, Soak, State
from bot.stop import Stop
from gitops.pin import Pinned
from tests.conftest import ROOT
from tests.unit.generated_apps import (
    DEVELOPER,
    FREEZE,
    HEAD,
    NOW,
    STATE,
    config,
    digest,
    release_of,
    sha,
)

TABLE = Path(ROOT, "docs", "states.md").read_text(encoding="utf-8")
APP, STAGE = "payments", Target("stage", "payments")
OLD, NEW = "v1.0-rc.1", "v1.0-rc.2"
HOLD = Stop(".fairlead/holds/stage/payments.yaml", "stage", APP, "ana", "INC-7")
OPEN, CLOSED, MERGED = MergeRequestState.OPEN, MergeRequestState.CLOSED, MergeRequestState.MERGED


@dataclass(frozen=True)
class Scene:
    """What is so outside; without arguments nothing is released and nothing tagged.

    `images` and `proven` are the tags that have an image and those whose commit is proven in dev.
    """

    tags: tuple[str, ...] = ()
    images: frozenset[str] = frozenset()
    proven: frozenset[str] = frozenset()
    moved: bool = False
    rebuilt: bool = False
    request: MergeRequestState | None = None
    approved: bool = False
    foreign: bool = False
    closed_by: str | None = None
    frozen: bool = False
    held: bool = False
    pin: str | None = None
    readiness: Readiness | None = None
    arrived: bool = True
    healthy_for: timedelta = field(default=timedelta(0))
    done: bool = False
    drift: tuple[str, ...] = ()
    failed: bool = False
    restarted: bool = False

    def commit(self, tag: str) -> str:
        return sha(f"{tag} moved" if self.moved and tag == OLD else tag)

    def release(self, tag: str) -> Release:
        return release_of(APP, tag, tag, sha(tag))

    def observation(self) -> Observation:
        fleet = config("commit", "commit", "proven", "commit", FREEZE if self.frozen else "")
        shas = {tag: self.commit(tag) for tag in self.tags}
        facts = {c: CommitFacts(c, DEVELOPER, DEVELOPER, NOW) for c in shas.values()}
        branch, request = self._merge_request()
        running = self._running()
        seen = {t: Seen(t, sha(t), sha(t), NOW) for t in self.tags}
        soak = Soak(
            STAGE, self.release(OLD).identity, HEAD, NOW - self.healthy_for, NOW, ("stage-1",)
        )
        return Observation(
            head=HEAD,
            fleet=fleet.fleet,
            apps=fleet.apps,
            state=State(
                STATE,
                seen={APP: seen},
                soaks=(soak,) if running and self.healthy_for else (),
                failures=self._failures(),
                proofs=self._proofs(),
            ),
            login="fairlead",
            pins=(self._pin(),),
            running=(running,) if running else (),
            sources={APP: Source(tuple(GitTag(t, c, c) for t, c in shas.items()), {}, facts)},
            resolved=tuple(self._resolved(tag) for tag in self.tags),
            merge_requests=(request,) if request else (),
            branches=(branch,) if branch else (),
            reports=self._reports(),
            stops=(HOLD,) if self.held else (),
        )

    def _failures(self) -> tuple[Failure, ...]:
        if not self.failed:
            return ()
        again = Restart("bo", "the node died", NOW) if self.restarted else None
        identity = self.release(OLD).identity
        return (Failure(STAGE, identity, OLD, HEAD, "stage-1", "not ready", NOW, again),)

    def _proofs(self) -> tuple[Proof, ...]:
        dev = Target("dev", APP)
        there = [(dev, tag) for tag in sorted(self.proven)] + ([(STAGE, OLD)] if self.done else [])
        return tuple(
            Proof(target, self.release(tag), HEAD, NOW, NOW, Origin.PROMOTION)
            for target, tag in there
        )

    def _pin(self) -> PinFacts:
        images = [a.repository for a in self.release(OLD).artifacts]
        if self.pin is None:
            content = tuple(Pinned(image, "0.0.0-unreleased", None) for image in images)
        else:
            content = _content(self.release(self.pin))
        return PinFacts(STAGE, content, self.pin is None, tuple(images))

    def _running(self) -> Running | None:
        if self.pin is None:
            return None
        date = NOW - timedelta(hours=2)
        return Running(STAGE, self.release(self.pin), HEAD, date, Origin.PROMOTION)

    def _resolved(self, tag: str) -> Resolved:
        (artifact,) = self.release(tag).artifacts
        other = self.rebuilt and tag == OLD
        answer = Manifest(digest("other") if other else artifact.digest or "")
        reference = Reference(artifact.repository, tag)
        return Resolved(reference, answer if tag in self.images else None)

    def _merge_request(self) -> tuple[Branch | None, MergeRequest | None]:
        if self.request is None:
            return None, None
        name, head = branch_name(STAGE, OLD), sha("a branch")
        branch = Branch(
            *(name, head, STAGE, self.release(OLD), STATE, HEAD),
            authentic=not self.foreign,
            on_target=True,
        )
        request = MergeRequest(
            *(1, name, "main", head, self.request, "fairlead", "a title", ""),
            approvals=(Approval("ana", head, NOW),) if self.approved else (),
            closed_by=self.closed_by,
            merge_sha=HEAD if self.request is MERGED else None,
        )
        kept = self.request is OPEN or self.closed_by == "ana"
        return branch if kept else None, request

    def _reports(self) -> tuple[Report, ...]:
        if self.readiness is None or self.pin is None:
            return ()
        release = self.release(self.pin)
        health = Health(
            *("stage", "stage-1", APP, HEAD, self.readiness, NOW - self.healthy_for, NOW),
            dict(release.digests),
            drift=self.drift,
        )
        return (Report(health, self.arrived, _content(release)),)


def _content(release: Release) -> tuple[Pinned, ...]:
    return tuple(Pinned(a.repository, a.tag, a.digest) for a in release.artifacts)


# --- the table's words ----------------------------------------------------------------------------

TAGGED = Scene(tags=(OLD,))
READY = replace(TAGGED, images=frozenset({OLD}), proven=frozenset({OLD}))
OPENED = replace(READY, request=OPEN)
DEPLOYED = replace(READY, request=MERGED, approved=True, pin=OLD)
HEALTHY = replace(DEPLOYED, readiness=Readiness.READY)


def newer(scene: Scene, *, proven: bool) -> Scene:
    """The next candidate is tagged and built."""
    return replace(
        scene,
        tags=(OLD, NEW),
        images=frozenset({OLD, NEW}),
        proven=frozenset({OLD, NEW} if proven else {OLD}),
    )


BEGINNINGS: dict[str, tuple[Scene, ...]] = {
    "planned": (Scene(), READY),
    "waiting": (TAGGED,),
    "open": (OPENED,),
    "approved": (replace(OPENED, approved=True, frozen=True),),
    "merging": (replace(OPENED, approved=True),),
    "merged": (DEPLOYED,),
    "reconciling": (replace(HEALTHY, arrived=False),),
    "verifying": (HEALTHY,),
    "soaking": (replace(HEALTHY, healthy_for=timedelta(minutes=5)),),
    "done": (replace(HEALTHY, healthy_for=timedelta(hours=1), done=True),),
    "failed": (replace(DEPLOYED, readiness=Readiness.NOT_READY),),
    "superseded": (newer(OPENED, proven=True),),
    "blocked": (replace(OPENED, foreign=True),),
    "aborted": (replace(OPENED, request=CLOSED, closed_by="ana"),),
}
"""Scenes of each state. Of two, the row starts with the one that its event can happen to."""

EVENTS: dict[str, Callable[[Scene], Scene]] = {
    "a tag is made": lambda s: replace(s, tags=(OLD,)),
    "the image is there": lambda s: replace(s, images=frozenset({OLD})),
    "the image is there, and the commit is proven": lambda s: replace(
        s, images=frozenset({OLD}), proven=frozenset({OLD})
    ),
    "the tag is moved": lambda s: replace(s, moved=True),
    "the image is pushed again with other bytes": lambda s: replace(s, rebuilt=True),
    "Fairlead opens it": lambda s: replace(s, request=OPEN),
    "enough people approve": lambda s: replace(s, approved=True),
    "enough people approve, in a freeze": lambda s: replace(s, approved=True, frozen=True),
    "enough people approve, on hold": lambda s: replace(s, approved=True, held=True),
    "a person holds the app": lambda s: replace(s, held=True),
    "a newer release is proven, on hold": lambda s: replace(newer(s, proven=True), held=True),
    "a person pushes to its branch": lambda s: replace(s, foreign=True),
    "the foreign commit is taken back": lambda s: replace(s, foreign=False),
    "a person closes it": lambda s: replace(s, request=CLOSED, closed_by="ana"),
    "a person reopens it": lambda s: replace(s, request=OPEN, closed_by=None),
    "a person moves the pin there": lambda s: replace(s, pin=OLD),
    "a newer release is proven": lambda s: newer(s, proven=True),
    "a newer release is not proven yet": lambda s: newer(s, proven=False),
    "the freeze ends": lambda s: replace(s, frozen=False),
    "Fairlead closes it": lambda s: replace(s, request=CLOSED, closed_by="fairlead"),
    "Fairlead merges it": lambda s: replace(s, request=MERGED, pin=OLD),
    "a cluster reports an older revision": lambda s: replace(
        s, readiness=Readiness.READY, arrived=False
    ),
    "every cluster is healthy": lambda s: replace(s, readiness=Readiness.READY, arrived=True),
    "a cluster is not ready": lambda s: replace(s, readiness=Readiness.NOT_READY, arrived=True),
    "a workload drifts": lambda s: replace(s, drift=("Deployment shop/payments: v9",)),
    "every cluster is healthy, and it has failed its soak for good": lambda s: replace(
        s, readiness=Readiness.READY, failed=True
    ),
    "a person lets it soak again": lambda s: replace(
        s, readiness=Readiness.READY, failed=True, restarted=True
    ),
    "health lasts for the settle time": lambda s: replace(s, healthy_for=timedelta(minutes=2)),
    "health lasts for the soak": lambda s: replace(s, healthy_for=timedelta(minutes=30)),
    "reports stop": lambda s: replace(s, readiness=None),
}


def state(scene: Scene) -> PromotionState:
    (decision,) = decide(scene.observation(), NOW).decisions
    return decision.state


def rows(columns: int) -> list[tuple[str, ...]]:
    """The rows of the document's table of so many columns, without its head."""
    found = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in re.findall(r"^\|.*\|$", TABLE, re.MULTILINE)
    ]
    return [row for row in found if len(row) == columns][2:]


TRANSITIONS = rows(3)


def test_the_document_has_every_state_and_every_event() -> None:
    states = [PromotionState(name) for name, _ in rows(2)]
    assert states == list(PromotionState)
    assert {begin for begin, _, _ in TRANSITIONS} == set(PromotionState)
    assert {end for _, _, end in TRANSITIONS} == set(PromotionState)
    assert {event for _, event, _ in TRANSITIONS} == set(EVENTS)
    assert len(set(TRANSITIONS)) == len(TRANSITIONS)


@pytest.mark.parametrize("name", PromotionState)
def test_a_scene_is_in_its_state(name: PromotionState) -> None:
    assert {state(scene) for scene in BEGINNINGS[name]} == {name}


@pytest.mark.parametrize(("begin", "event", "end"), TRANSITIONS)
def test_transition(begin: str, event: str, end: str) -> None:
    scenes = BEGINNINGS[begin]
    scene = scenes[-1] if event != "a tag is made" else scenes[0]
    assert state(EVENTS[event](scene)) == end

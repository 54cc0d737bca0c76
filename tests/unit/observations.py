"""Observations written by hand: `v1.0` of an app of two images, on its way from stage to prod.

`v1.0-rc.1` of the same commit runs in stage and is proven there; prod is unreleased. They are pure
values, so a test changes one of them and decides again.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.decide import decide
from bot.model import (
    Approval,
    Artifact,
    CommitFacts,
    GitTag,
    Manifest,
    MergeRequest,
    MergeRequestState,
    Person,
    Reference,
    Release,
    Source,
    Target,
)
from bot.observation import Branch, Observation, PinFacts, Resolved, Running
from bot.plan import Decision
from bot.state import Origin, Proof, Seen, State
from gitops.config import read
from gitops.fleet import Pinned
from gitops.tree import Tree
from tests.scenario.fleets import app_files, fleet_files

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=2)

APP = "payments"
DEV, STAGE, PROD = (Target(name, APP) for name in ("dev", "stage", "prod"))
PAYMENTS, WORKER = (f"registry.example.com/shop/{name}" for name in ("payments", "worker"))

COMMIT, LATER = "c1" * 20, "c2" * 20
"""Of the app: the one that was released, and the one after it on main."""

HEAD, BASE, STATE = "4ead" * 10, "ba5e" * 10, "57a7e" * 8
"""Of the fleet: the merge request's head, the target branch's, and the state branch's."""

EVE = Person("Eve", "eve@example.com")


def digest(content: str) -> str:
    """A digest for each letter or digit."""
    return "sha256:" + content * 64


def release(version: str, commit: str = COMMIT, digests: tuple[str, str] = ("a", "b")) -> Release:
    """A release of both images, under its own tag."""
    images = zip((PAYMENTS, WORKER), digests, strict=True)
    return Release(
        APP, version, commit, tuple(Artifact(name, version, digest(d)) for name, d in images)
    )


def proof(found: Release, environment: str = "stage", soaked_at: datetime = BEFORE) -> Proof:
    """A record that a promoted release passed an environment's exit gates."""
    start = soaked_at - timedelta(minutes=30)
    target = Target(environment, APP)
    return Proof(target, found, "5e" * 20, start, soaked_at, Origin.PROMOTION)


def facts(
    sha: str = COMMIT, author: Person = EVE, committer: Person = EVE, date: datetime = BEFORE
) -> CommitFacts:
    """A commit of the app."""
    return CommitFacts(sha, author, committer, date)


def tags(*named: tuple[str, str]) -> tuple[GitTag, ...]:
    """Light tags of (name, commit)."""
    return tuple(GitTag(name, sha, sha) for name, sha in named)


def seen(*named: tuple[str, str]) -> Mapping[str, Mapping[str, Seen]]:
    """The tags as first seen, one a minute, in this order."""
    found = enumerate(named)
    return {
        APP: {name: Seen(name, sha, sha, BEFORE + timedelta(minutes=i)) for i, (name, sha) in found}
    }


def resolved(
    version: str | None = None,
    digests: tuple[str, str] = ("a", "b"),
    platforms: tuple[str, ...] = ("linux/amd64",),
    revision: str | None = None,
) -> tuple[Resolved, ...]:
    """Both images there: under a tag, or by digest where `version` is None."""
    images = zip((PAYMENTS, WORKER), digests, strict=True)
    return tuple(
        Resolved(
            Reference(name, version) if version else Reference(name, digest=digest(d)),
            Manifest(digest(d), platforms, revision),
        )
        for name, d in images
    )


def pin(target: Target, said: Release | None) -> PinFacts:
    """A pin with room for digests; None for an unreleased one."""
    content = tuple(
        Pinned(name, "0.0.0-unreleased", None)
        if said is None
        else Pinned(name, said.version, said.digests[name])
        for name in (PAYMENTS, WORKER)
    )
    return PinFacts(target, content, said is None, (PAYMENTS, WORKER), ("kustomization.yaml",))


def waiting(
    edits: Mapping[str, str] | None = None,
    *,
    artifacts: str = "proven",
    app: Mapping[str, str] | None = None,
) -> Observation:
    """`v1.0` is tagged and nothing is proposed yet.

    `edits` and `app` are replacements in the text of fleet.yaml and app.yaml.
    """
    url = "https://git.example.com/shop/payments.git"
    images = ("payments", "worker")
    files = fleet_files(artifacts=artifacts)
    files |= app_files(APP, "registry.example.com", url, images=images)
    for path, replacements in (("fleet.yaml", edits or {}), (f"apps/{APP}/app.yaml", app or {})):
        for old, new in replacements.items():
            assert old in files[path]
            files[path] = files[path].replace(old, new)
    config = read(Tree.of(files))
    assert not config.broken, config.broken
    candidate = release("v1.0-rc.1")
    tagged = (("v1.0-rc.1", COMMIT), ("v1.0", COMMIT))
    return Observation(
        head=BASE,
        fleet=config.fleet,
        apps=config.apps,
        state=State(STATE, seen=seen(*tagged), proofs=(proof(candidate),)),
        login="fairlead",
        pins=(pin(STAGE, candidate), pin(PROD, None)),
        running=(Running(STAGE, candidate, "5e" * 20, BEFORE, Origin.PROMOTION),),
        sources={APP: Source(tags(*tagged), {"main": (LATER, COMMIT)}, {COMMIT: facts()})},
        resolved=resolved() + (resolved("v1.0") if artifacts == "tagged" else ()),
    )


def proposed(
    *approvers: str,
    edits: Mapping[str, str] | None = None,
    artifacts: str = "proven",
) -> Observation:
    """`v1.0` has its merge request !2, approved at its head by these logins."""
    name = f"promote/prod/{APP}/v1.0"
    request = MergeRequest(
        number=2,
        source_branch=name,
        target_branch="main",
        head=HEAD,
        state=MergeRequestState.OPEN,
        author="fairlead",
        title="",
        body="",
        contributors=("fairlead",),
        approvals=tuple(Approval(login, HEAD, NOW) for login in approvers),
    )
    branch = Branch(
        name,
        HEAD,
        PROD,
        release("v1.0"),
        STATE,
        BASE,
        authentic=True,
        on_target=True,
    )
    found = waiting(edits, artifacts=artifacts)
    return replace(found, merge_requests=(request,), branches=(branch,))


def with_request(observation: Observation, **changes: object) -> Observation:
    """The same with another merge request."""
    (request,) = observation.merge_requests
    return replace(observation, merge_requests=(replace(request, **changes),))  # type: ignore[arg-type]


def with_source(observation: Observation, **changes: object) -> Observation:
    """The same with another source repository."""
    source = observation.sources[APP]
    assert isinstance(source, Source)
    return replace(observation, sources={APP: replace(source, **changes)})  # type: ignore[arg-type]


def made_by(observation: Observation, author: Person, committer: Person) -> Observation:
    """The same with other makers."""
    return with_source(observation, commits={COMMIT: facts(COMMIT, author, committer)})


def with_state(observation: Observation, **changes: object) -> Observation:
    """The same with other records."""
    return replace(observation, state=replace(observation.state, **changes))  # type: ignore[arg-type]


def decided(observation: Observation, target: Target = PROD, now: datetime = NOW) -> Decision:
    """What is decided for one target."""
    decisions = decide(observation, now).decisions
    return next(d for d in decisions if d.target == target)

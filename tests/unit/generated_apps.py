"""What Hypothesis draws of fleets, sources, registries, pins and proofs for an Observation."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from bot.model import (
    Artifact,
    CommitFacts,
    Gap,
    GitTag,
    Health,
    Manifest,
    Person,
    Readiness,
    Reference,
    Release,
    Source,
    Target,
)
from bot.observation import PinFacts, Report, Resolved, Running
from bot.state import Origin, Proof
from gitops.config import Config, read
from gitops.pin import Pinned
from gitops.tree import Tree
from tests.scenario.fleets import CLUSTERS, app_files, fleet_files

HOST = "registry.example.com"
NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
APPS: Mapping[str, tuple[str, ...]] = {
    "checkout": ("checkout", "worker"),
    "payments": ("payments",),
}
TAGS = ("v1.0-rc.1", "v1.0-rc.2", "v1.0", "v1.0.0", "v1.1-rc.1", "v1.1")
FREEZE = "freezes: [{from: 2026-03-03, to: 2026-03-04, zone: UTC, reason: audit}]\n"
DEVELOPER = Person("Eve", "eve@example.com")


def sha(text: str) -> str:
    """40 hex digits that stand for `text`."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def digest(text: str) -> str:
    """A digest that stands for `text`."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


HEAD, STATE = sha("head"), sha("state")


@cache
def config(dev: str, stage: str, artifacts: str, prod: str, more: str) -> Config:
    """One of the fleets; `stage` and `prod` are what has to be proven before them."""
    files = fleet_files(dev=dev, artifacts=artifacts, more=more)
    fleet = files["fleet.yaml"].replace("proof: commit", f"proof: {prod}")
    files["fleet.yaml"] = fleet.replace("proof: contained", f"proof: {stage}")
    for app, images in APPS.items():
        files |= app_files(app, HOST, f"https://git.example.com/{app}.git", images=images)
    found = read(Tree.of(files))
    assert not found.broken, found.broken
    return found


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Every kind of delivery and proof that the fleet of the scenarios can be given."""
    dev = draw(st.sampled_from(["commit", "merge-request"]))
    stage = draw(st.sampled_from(["contained", "commit", "digest", "none"]))
    artifacts, _, prod = draw(
        st.sampled_from(["proven commit", "proven digest", "tagged commit", "tagged digest"])
    ).partition(" ")
    return config(dev, stage, artifacts, prod, "" if often(draw, 90) else FREEZE)


def often(draw: st.DrawFn, percent: int) -> bool:
    """True in about that many draws of a hundred; shrinks to True."""
    return draw(st.integers(0, 99)) < percent


# --- the outside of one app -----------------------------------------------------------------------


def build_tag(commit: str) -> str:
    """The image tag of a branch's build of this commit."""
    return f"main-{commit[:7]}-20260303100000"


def release_of(app: str, version: str, tag: str, commit: str) -> Release:
    """The release whose images bear this tag."""
    images = (f"{HOST}/shop/{image}" for image in APPS[app])
    return Release(
        app, version, commit, tuple(Artifact(i, tag, digest(f"{i}:{tag}")) for i in images)
    )


def releases(app: str, source: Source) -> tuple[Release, ...]:
    """Every release that the source's tags and builds could become."""
    builds = (
        release_of(app, f"main-{c[:12]}", build_tag(c), c) for c in source.branches.get("main", ())
    )
    named = (
        replace(b, version=f"{b.version}-{b.identity[:8]}") for b in builds
    )  # as a build's name ends
    return (*named, *(release_of(app, t.name, t.name, t.commit) for t in source.tags))


@st.composite
def sources(draw: st.DrawFn, app: str) -> Source:
    """One to three commits on main, one beside it, and tags on any of them."""
    line = tuple(sha(f"{app} {n}") for n in range(draw(st.integers(1, 3))))[::-1]
    beside = sha(f"{app} beside")
    names = draw(st.lists(st.sampled_from(TAGS), unique=True, max_size=len(TAGS)))
    places = st.sampled_from([*line, *line, beside])
    tags = tuple(GitTag(name, at, at) for name in sorted(names) for at in [draw(places)])
    facts = {c: CommitFacts(c, DEVELOPER, DEVELOPER, NOW) for c in (*line, beside)}
    return Source(tags, {"main": line}, facts)


@st.composite
def answers(draw: st.DrawFn, found: tuple[Release, ...]) -> tuple[Resolved, ...]:
    """What registries say of every tag and digest: mostly that it is there."""
    asked: dict[Reference, Manifest | Gap | None] = {}
    for release in found:
        for artifact in release.artifacts:
            there = Manifest(artifact.digest or "", ("linux/amd64",), release.commit)
            other = Manifest(digest("other"), ("linux/amd64",), release.commit)
            odd = st.sampled_from([None, Gap(HOST, "503"), other])
            right = often(draw, 85)
            asked[Reference(artifact.repository, artifact.tag)] = there if right else draw(odd)
            by_digest = Reference(artifact.repository, digest=artifact.digest)
            lost = st.sampled_from([None, Gap(HOST, "503")])
            asked[by_digest] = there if often(draw, 95) else draw(lost)
    return tuple(Resolved(reference, answer) for reference, answer in asked.items())


@st.composite
def pins(
    draw: st.DrawFn, target: Target, found: tuple[Release, ...]
) -> tuple[PinFacts, Running | None]:
    """A pin that says a release, or none yet, or cannot be moved; and what runs."""
    images = tuple(f"{HOST}/shop/{image}" for image in APPS[target.app])
    release = draw(st.sampled_from([None, None, *found]))
    if release is None:
        content = tuple(Pinned(i, "0.0.0-unreleased", None) for i in images)
    else:
        content = tuple(Pinned(a.repository, a.tag, a.digest) for a in release.artifacts)
    pin = PinFacts(
        target,
        content,
        unreleased=release is None,
        digest_room=images if often(draw, 80) else (),
        problem=None if often(draw, 95) else "its tag is shared with another environment",
    )
    if release is None or pin.problem:
        return pin, None
    origin = draw(st.sampled_from(Origin))
    return pin, Running(target, release, sha(f"merge {target}"), NOW - timedelta(hours=2), origin)


@st.composite
def health(draw: st.DrawFn, running: Running) -> tuple[Report, ...]:
    """Reports of each cluster, or of none."""
    target = running.target
    found = []
    for cluster in CLUSTERS[target.environment]:
        if not often(draw, 80):
            continue
        since = NOW - draw(
            st.sampled_from([timedelta(0), timedelta(minutes=5), timedelta(hours=1)])
        )
        seen = Health(
            *(target.environment, cluster, target.app, HEAD),
            Readiness.READY if often(draw, 80) else draw(st.sampled_from(Readiness)),
            *(since, NOW - draw(st.sampled_from([timedelta(0), timedelta(hours=1)]))),
            dict(running.release.digests),
        )
        content = tuple(Pinned(a.repository, a.tag, a.digest) for a in running.release.artifacts)
        found.append(Report(seen, often(draw, 90), content))
    return tuple(found)


@st.composite
def proofs(draw: st.DrawFn, target: Target, found: tuple[Release, ...]) -> tuple[Proof, ...]:
    """Records of some of the releases."""
    proven = [release for release in found if often(draw, 50)]
    at = NOW - timedelta(hours=1)
    merged = sha(f"merge {target}")
    return tuple(Proof(target, r, merged, at, at, draw(st.sampled_from(Origin))) for r in proven)

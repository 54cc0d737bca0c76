"""From a candidate to a release: its artifacts resolved, or why not yet. Pure.

Two ways, by the environment's `artifacts`: *tagged* resolves the images of the candidate's own
tags; *proven* takes the very bytes of one proof record of the environment before, and the tag is
only the trigger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.candidates import Candidate
from bot.model import Artifact, Gap, Manifest, Reference, Release, Source, Target
from bot.observation import Observation
from bot.plan import Refuse, Wait
from bot.required_checks import not_built
from bot.state import Proof
from gitops.config import Policy


@dataclass(frozen=True, slots=True)
class Built:
    """A release whose artifacts are all there, and what a reviewer should know about them."""

    release: Release
    notes: tuple[str, ...] = ()


def references(candidate: Candidate, observation: Observation) -> Iterator[Reference]:
    """What has to be resolved to build it."""
    policy = observation.policy(candidate.target)
    if needs_own_tags(candidate, policy):
        yield from (
            observation.reference(candidate.target, a, tag=t) for a, t in candidate.tags if t
        )
    for proof in proofs_before(candidate.target, policy, observation):
        if policy.artifacts == "proven" and _may_carry(proof, candidate, policy):
            for proven in proof.release.artifacts:
                place = observation.place(candidate.target, proven.repository)
                yield Reference(place, digest=proven.digest)
                if not _has_room(proven.repository, candidate.target, observation):
                    yield Reference(place, proven.tag)


def of_rollbacks(target: Target, observation: Observation) -> Iterator[Reference]:
    """What has to be resolved to know that the bytes of its rollbacks are still there."""
    for branch in observation.branches:
        if branch.rollback is None or branch.target != target or branch.release is None:
            continue
        for artifact in branch.release.artifacts:
            yield observation.reference(target, artifact.repository, digest=artifact.digest)
            if not _has_room(artifact.repository, target, observation):
                yield observation.reference(target, artifact.repository, tag=artifact.tag)


def needs_own_tags(candidate: Candidate, policy: Policy) -> bool:
    """Whether the candidate's own image tags are looked up at all."""
    if candidate.release is not None:
        return False
    return policy.artifacts == "tagged" or policy.proof == "digest"


def proofs_before(target: Target, policy: Policy, observation: Observation) -> tuple[Proof, ...]:
    """The proof records of the environment that this one comes after, the last soaked first."""
    before = Target(policy.after or "", target.app)
    found = [p for p in observation.state.proofs if p.target == before]
    return tuple(sorted(found, key=lambda p: (p.soaked_at, p.release.identity), reverse=True))


def built(candidate: Candidate, observation: Observation, now: datetime) -> Built | Wait | Refuse:
    """The release, or what is missing and since when: an artifact, or a check of its commit.

    What was proven before has been built then, and the checks are not asked for again.
    """
    result = assembled(candidate, observation, now)
    if observation.policy(candidate.target).artifacts != "tagged" or not isinstance(result, Built):
        return result
    lacking = not_built(candidate, observation)
    return result if lacking is None else Wait(_overdue(lacking, candidate, observation, now))


def assembled(
    candidate: Candidate, observation: Observation, now: datetime
) -> Built | Wait | Refuse:
    """The release as soon as its artifacts are there, or what is missing and since when."""
    policy = observation.policy(candidate.target)
    if policy.artifacts == "tagged":
        return _from_own_tags(candidate, policy, observation, now)
    own = _own_digests(candidate, policy, observation, now)
    if isinstance(own, Wait | Refuse):
        return own
    proof = carrying(candidate, policy, observation, own)
    if proof is None:
        return Wait(f"nothing proven in {policy.after} carries it")
    return from_proof(candidate, proof, observation)


def carrying(
    candidate: Candidate, policy: Policy, observation: Observation, own: dict[str, str]
) -> Proof | None:
    """The one record whose artifacts are taken.

    The last soaked of those that match, but the one that an open merge request already holds
    stands.
    """
    found = [
        proof
        for proof in proofs_before(candidate.target, policy, observation)
        if _may_carry(proof, candidate, policy)
        and (policy.proof != "digest" or candidate.release or proof_digests(proof) == own)
    ]
    kept = candidate.kept.digests if candidate.kept else None
    return next((p for p in found if proof_digests(p) == kept), found[0] if found else None)


def proof_digests(proof: Proof) -> dict[str, str]:
    """Repository to digest of what was proven."""
    return dict(proof.release.digests)


def _may_carry(proof: Proof, candidate: Candidate, policy: Policy) -> bool:
    if any(a.digest is None for a in proof.release.artifacts):
        return False
    if candidate.release is not None:
        return proof.release.identity == candidate.release.identity
    return policy.proof == "digest" or proof.release.commit == candidate.commit


def _from_own_tags(
    candidate: Candidate, policy: Policy, observation: Observation, now: datetime
) -> Built | Wait | Refuse:
    artifacts = []
    for repository, tag in candidate.tags:
        if tag is None:
            kind = _kind(repository, candidate.target, observation)
            return Wait(_overdue(f"no {kind} {repository} of it yet", candidate, observation, now))
        answer = observation.manifest(observation.reference(candidate.target, repository, tag=tag))
        problem = _problem((repository, tag), answer, candidate, policy, observation)
        if isinstance(problem, Wait) and answer is None:
            return Wait(_overdue(problem.reason, candidate, observation, now))
        if problem is not None:
            return problem
        if isinstance(answer, Manifest):
            artifacts.append(Artifact(repository, tag, answer.digest))
    return Built(_named(candidate, tuple(artifacts)))


def _named(candidate: Candidate, artifacts: tuple[Artifact, ...]) -> Release:
    """A build is named `<branch>-<sha:12>-<identity:8>`: a stamp alone could name two builds."""
    app, commit = candidate.target.app, candidate.commit
    if candidate.rank.kind != "build":
        return Release(app, candidate.name, commit, artifacts)
    identity = Release(app, candidate.name, commit, artifacts).identity
    return Release(app, f"{candidate.name}-{identity[:8]}", commit, artifacts)


def _problem(
    tagged: tuple[str, str],
    answer: Manifest | Gap | None,
    candidate: Candidate,
    policy: Policy,
    observation: Observation,
) -> Wait | Refuse | None:
    repository, tag = tagged
    kind, shown = _kind(repository, candidate.target, observation), f"{repository}:{tag}"
    match answer:
        case None:
            return Wait(f"no {kind} {shown}")
        case Gap():
            return Wait(f"{answer.service} did not say what {shown} is: {answer.reason}")
        case Manifest():
            wanted = _platforms(candidate, repository, observation)
            missing = sorted(set(wanted) - set(answer.platforms))
            if missing:
                return Wait(f"{kind} {shown} lacks the platform {', '.join(missing)}")
            if _other_commit(answer.revision, candidate.commit) and policy.proof == "commit":
                return Refuse(
                    f"{kind} {shown} says that it was built from commit {_short(answer.revision)}, "
                    f"not {_short(candidate.commit)}"
                )
            return None


def _kind(artifact: str, target: Target, observation: Observation) -> str:
    """What an artifact is called in a message."""
    artifacts = observation.apps[target.app].artifacts
    kind = next((a.kind for a in artifacts if a.name == artifact), "image")
    return "git tag" if kind == "git" else kind


def _platforms(candidate: Candidate, repository: str, observation: Observation) -> tuple[str, ...]:
    artifacts = observation.apps[candidate.target.app].artifacts
    return next((tuple(a.platforms) for a in artifacts if a.name == repository), ())


def _other_commit(label: str | None, commit: str | None) -> bool:
    """A label that is no commit id (a branch, a version) says nothing about the commit."""
    if not label or commit is None:
        return False
    looks_like_sha = 7 <= len(label) <= 40 and all(c in "0123456789abcdef" for c in label)
    return looks_like_sha and not commit.startswith(label)


def _short(text: str | None) -> str:
    return (text or "")[:12]


def _own_digests(
    candidate: Candidate, policy: Policy, observation: Observation, now: datetime
) -> dict[str, str] | Wait | Refuse:
    """What the candidate's own tags resolve to; {} where they are not asked for."""
    if not needs_own_tags(candidate, policy):
        return {}
    own = _from_own_tags(candidate, policy, observation, now)
    return dict(own.release.digests) if isinstance(own, Built) else own


def from_proof(
    candidate: Candidate, proof: Proof, observation: Observation
) -> Built | Wait | Refuse:
    """The proven bytes; under the candidate's own tag where the pin has room for a digest."""
    own_tags = dict(candidate.tags)
    artifacts, notes = [], []
    for proven in proof.release.artifacts:
        target = candidate.target
        answer = observation.manifest(
            observation.reference(target, proven.repository, digest=proven.digest)
        )
        room = _has_room(proven.repository, target, observation)
        if answer is None:
            kind = _kind(proven.repository, target, observation)
            gone = Refuse(f"the proven {kind} {proven.repository}@{proven.digest} is gone")
            return gone if room else _renamed(proven, target, observation) or gone
        if isinstance(answer, Gap):
            return Wait(
                f"{answer.service} did not say whether {proven.digest} is still there: "
                f"{answer.reason}"
            )
        tag = (own_tags.get(proven.repository) if room else None) or proven.tag
        if not room:
            problem = _renamed(proven, target, observation)
            if problem is not None:
                return problem
            notes.append(
                f"{proven.repository} has no place for a digest: the tag {tag}, under which it "
                "was proven, is written"
            )
        artifacts.append(Artifact(proven.repository, tag, proven.digest))
    release = Release(candidate.target.app, candidate.name, candidate.commit, tuple(artifacts))
    return Built(release, tuple(notes))


def _has_room(repository: str, target: Target, observation: Observation) -> bool:
    pin = observation.pin(target)
    return pin is not None and repository in pin.digest_room


def _renamed(proven: Artifact, target: Target, observation: Observation) -> Wait | Refuse | None:
    """Where the tag alone is written, it must still name the bytes that were proven under it."""
    shown = f"{proven.repository}:{proven.tag}"
    answer = observation.manifest(observation.reference(target, proven.repository, tag=proven.tag))
    if isinstance(answer, Gap):
        return Wait(f"{answer.service} did not say what {shown} is: {answer.reason}")
    if answer is None:
        return Refuse(f"the tag {shown}, under which it was proven, is gone")
    if answer.digest != proven.digest:
        return Refuse(f"tag moved: {shown} was proven as {proven.digest}, now {answer.digest}")
    return None


def _overdue(reason: str, candidate: Candidate, observation: Observation, now: datetime) -> str:
    """Adds since when it is missing, and whether that is longer than `build_timeout`."""
    since = _first_seen(candidate, observation)
    if since is None:
        return reason
    waited = now - since
    late = waited > observation.policy(candidate.target).build_timeout
    return f"{reason} (since {since:%Y-%m-%d %H:%M:%S}Z{', overdue' if late else ''})"


def _first_seen(candidate: Candidate, observation: Observation) -> datetime | None:
    """When its tag was first seen; of a build, when its commit was made. None: nobody knows."""
    seen = observation.state.seen.get(candidate.target.app, {}).get(candidate.name)
    if seen is not None:
        return seen.first_seen
    source = observation.sources.get(candidate.target.app)
    facts = source.commits.get(candidate.commit or "") if isinstance(source, Source) else None
    return facts.date if facts and candidate.rank.kind == "build" else None

"""proven: the release passed the exit gates of the environment before, as `proof` asks.

It reads proof records, never the present pin: a release proven in stage stays proven when stage has
moved on.
"""

from datetime import datetime

from bot.candidates import Candidate
from bot.gates.exits import exits
from bot.model import Source, Target
from bot.observation import Observation, Running
from bot.plan import GateVerdict, Pass, Refuse, Verdict, Wait
from bot.releases import Built, assembled, proof_digests, proofs_before
from bot.state import Proof
from gitops.config import Policy


def judge(candidate: Candidate, observation: Observation, now: datetime) -> Verdict:
    """Pass with the note that says by which record; Wait with what that record still lacks."""
    policy = observation.policy(candidate.target)
    if policy.after is None:
        return Pass()
    if policy.proof == "none":
        return Pass(f"no proof in {policy.after} is asked for")
    result = assembled(candidate, observation, now)
    digests = dict(result.release.digests) if isinstance(result, Built) else None
    for proof in proofs_before(candidate.target, policy, observation):
        if matches(proof, candidate, policy, observation, digests):
            return Pass(_note(proof, candidate, policy, digests))
    return _waiting(candidate, policy, observation, now)


def matches(
    proof: Proof,
    candidate: Candidate,
    policy: Policy,
    observation: Observation,
    digests: dict[str, str] | None,
) -> bool:
    """Whether a record proves the candidate in the sense of the environment's `proof`.

    `digests` are those to be written, None while they are unknown.
    """
    match policy.proof:
        case "digest":
            return digests is not None and proof_digests(proof) == digests
        case "commit":
            return candidate.commit is not None and proof.release.commit == candidate.commit
        case "contained":
            return _contains(proof.release.commit, candidate, policy, observation)
        case "version":
            return proof.release.version == candidate.name
        case _:
            return True


def _contains(
    proven: str | None, candidate: Candidate, policy: Policy, observation: Observation
) -> bool:
    """That commit, or a first-parent descendant of it on the branch followed before."""
    if proven is None or candidate.commit is None:
        return False
    if proven == candidate.commit:
        return True
    source = observation.sources.get(candidate.target.app)
    # An app may have left the environment before, and its records stay.
    before = observation.config.policy(candidate.target.app, policy.after or "")
    branch = before.follow.branch if before is not None and before.follow is not None else None
    if not isinstance(source, Source) or branch is None:
        return False
    shas = source.branches.get(branch, ())
    if proven not in shas or candidate.commit not in shas:
        return False
    return shas.index(proven) <= shas.index(candidate.commit)


def _note(
    proof: Proof, candidate: Candidate, policy: Policy, digests: dict[str, str] | None
) -> str:
    where = f"{proof.release.version} proven in {policy.after}"
    origin = "" if proof.origin == "promotion" else f" ({proof.origin})"
    if policy.proof == "contained" and proof.release.commit != candidate.commit:
        return f"contained in {where} at commit {(proof.release.commit or '')[:12]}{origin}"
    if policy.proof == "commit" and digests is not None and proof_digests(proof) != digests:
        pairs = "; ".join(
            f"{repository}: proven {proof_digests(proof).get(repository, 'unknown')}, now {digest}"
            for repository, digest in sorted(digests.items())
        )
        return f"rebuilt, not the tested bytes ({where}{origin}): {pairs}"
    return where + origin


def _waiting(candidate: Candidate, policy: Policy, observation: Observation, now: datetime) -> Wait:
    """Names what stands nearest: the same release still in its exit gates, or another commit."""
    before = Target(policy.after or "", candidate.target.app)
    running = observation.runs(before)
    asked = {
        "digest": "these bytes",
        "commit": f"commit {(candidate.commit or '')[:12]}",
        "contained": f"commit {(candidate.commit or '')[:12]} or a later one",
        "version": f"version {candidate.name}",
    }[policy.proof]
    reason = f"no proof of {asked} in {policy.after}"
    if running is None:
        return Wait(f"{reason}, where nothing released runs")
    running_there = f"{running.release.version} (commit {(running.release.commit or '')[:12]})"
    if not _same(running, candidate, policy, observation):
        return Wait(f"{reason}; {running_there} runs there")
    verdicts = exits(before, observation, now)
    closed = [v for v in verdicts if not v.open]
    shown = "; ".join(f"{v.gate}: {_reason(v)}" for v in closed) or "its record is not written yet"
    return Wait(f"{reason} yet: {running_there} runs there, {shown}", _until(closed))


def _same(running: Running, candidate: Candidate, policy: Policy, observation: Observation) -> bool:
    if policy.proof == "contained":
        return _contains(running.release.commit, candidate, policy, observation)
    return running.release.commit == candidate.commit


def _reason(verdict: GateVerdict) -> str:
    return "" if isinstance(verdict.verdict, Pass) else verdict.verdict.reason


def _until(closed: list[GateVerdict]) -> datetime | None:
    if any(isinstance(v.verdict, Refuse) for v in closed):
        return None
    times = [v.verdict.until for v in closed if isinstance(v.verdict, Wait)]
    return None if None in times else max((t for t in times if t), default=None)

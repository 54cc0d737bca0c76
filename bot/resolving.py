"""What the candidates above each pin need, looked up: artifacts, and the checks of commits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.build_checks import CommitQuery
from bot.candidates import Candidate, candidates
from bot.drift import of_pods
from bot.gates.newer import judge as newer
from bot.gates.proven import judge as proven
from bot.model import Check, Gap, Manifest, Reference, Target
from bot.observation import Checked, Observation, Resolved
from bot.plan import Pass
from bot.ports import Ports
from bot.releases import Built, assembled, of_rollbacks, references
from bot.required_checks import not_built, query_of
from gitops.errors import Denied, Unavailable

T = TypeVar("T")
R = TypeVar("R")

FIRST_DEPTH = 8
"""Builds of a branch that are looked up first; four times as many while none of them is there."""

CHECKED = 8
"""So many commits of a stream are asked for their checks, after the newest has not passed."""

_Above = Mapping[Target, Sequence[Candidate]]


def looked_up(observation: Observation, ports: Ports) -> Observation:
    """The same observation with what the registries and the sources' forges say of them."""
    now = ports.clock()
    above = {target: _above(target, observation, now) for target in observation.targets}
    observation = _with_artifacts(observation, ports, above, now)
    observation = _with_checks(observation, ports, above, now, 1)
    return _with_checks(observation, ports, above, now, CHECKED)


def gaps(ask: Callable[[T], R]) -> Callable[[T], R | Gap]:
    """A port that fails as a whole is a gap for everything that was asked of it."""

    def asked(argument: T) -> R | Gap:
        try:
            return ask(argument)
        except Unavailable as error:
            return Gap(error.service, error.message)
        except Denied as error:
            return Gap("credentials", error.message, denied=True)

    return asked


def _above(target: Target, observation: Observation, now: datetime) -> Sequence[Candidate]:
    found = candidates(target, observation)
    if isinstance(found, Gap):
        return ()
    return [c for c in found if isinstance(newer(replace(c, refusal=None), observation, now), Pass)]


# --- artifacts -----------------------------------------------------------------------------------


def _with_artifacts(
    observation: Observation, ports: Ports, above: _Above, now: datetime
) -> Observation:
    """Going down while none is there."""
    depth = FIRST_DEPTH
    while True:
        wanted, deeper = set(), False
        for target, found in above.items():
            wanted |= set(of_rollbacks(target, observation)) | _of_pods(target, observation)
            wanted |= {r for c in found[:depth] for r in references(c, observation)}
            deeper |= len(found) > depth and not _any_there(found[:depth], observation, now)
        missing = wanted - {r.reference for r in observation.resolved}
        if missing:
            answers = gaps(ports.registry.resolve)(missing)
            told = tuple(Resolved(r, _answer(answers, r)) for r in sorted(missing, key=str))
            observation = replace(observation, resolved=observation.resolved + told)
        elif deeper:
            depth *= 4
        else:
            return observation


def _of_pods(target: Target, observation: Observation) -> set[Reference]:
    running = observation.runs(target)
    policy = observation.config.policy(target.app, target.environment)
    if running is None or policy is None:
        return set()
    reports = (observation.report(target, cluster) for cluster in policy.clusters)
    return {r for told in reports if told for r in of_pods(running, told.health, observation)}


def _any_there(found: Sequence[Candidate], observation: Observation, now: datetime) -> bool:
    """Where a proof is asked for, all are looked up: which one has it is not known before."""
    if any(observation.policy(c.target).after is not None for c in found):
        return False
    return any(isinstance(assembled(c, observation, now), Built) for c in found)


def _answer(answers: object, reference: Reference) -> Manifest | Gap | None:
    if isinstance(answers, Gap):
        return answers
    assert isinstance(answers, Mapping)  # noqa: S101 - narrows the union of the bulk call
    answer: Manifest | Gap | None = answers[reference]
    return answer


# --- the checks of sources' commits --------------------------------------------------------------


def _with_checks(
    observation: Observation, ports: Ports, above: _Above, now: datetime, most: int
) -> Observation:
    """Asked of at most so many of each stream: those that only lack this, until one has passed."""
    known = {c.query for c in observation.checked}
    wanted = {
        query
        for found in above.values()
        for query in _unchecked(found, observation, now, most)
        if query not in known
    }
    if not wanted:
        return observation
    answers: Mapping[CommitQuery, tuple[Check, ...] | Gap] | Gap
    if ports.build_checks is None:
        answers = Gap("its forge", "nothing tells which one it is")
    else:
        answers = gaps(ports.build_checks.read)(wanted)
    told = tuple(
        Checked(query, answers if isinstance(answers, Gap) else answers[query])
        for query in sorted(wanted)
    )
    return replace(observation, checked=observation.checked + told)


def _unchecked(
    found: Sequence[Candidate], observation: Observation, now: datetime, most: int
) -> Iterator[CommitQuery]:
    """What to ask for, of open branches always."""
    held = {b.release.commit for b in observation.branches if b.release is not None}
    asked = 0
    for candidate in found:
        query = query_of(candidate, observation)
        if query is None or not _lacks_only_checks(candidate, observation, now):
            continue
        if asked < most or candidate.commit in held:
            yield query
        asked += 1
        if not_built(candidate, observation) is None:
            return


def _lacks_only_checks(candidate: Candidate, observation: Observation, now: datetime) -> bool:
    return (
        candidate.refusal is None
        and observation.policy(candidate.target).artifacts == "tagged"
        and isinstance(assembled(candidate, observation, now), Built)
        and isinstance(proven(candidate, observation, now), Pass)
    )

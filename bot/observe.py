"""Ask every port, build one frozen Observation.

What one app's source or registry does not answer becomes a Gap of that app; only the fleet
repository, the forge and the state branch are needed by all, and their silence ends the tick.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.attribution import (
    Promotions,
    Told,
    by_target,
    changed_by_person,
    newest_state,
    promoted,
)
from bot.describe import PREFIX, ROLLBACK_PREFIX, Promoted, read_message
from bot.forge_watch import ForgeWatch
from bot.frame import genuine
from bot.mirror import Mirror
from bot.model import Gap, MergeRequest, MergeRequestState
from bot.observation import Observation, PinFacts, Running
from bot.ports import Commit, Ports
from bot.questions import groups, listed_places, source_query
from bot.resolving import gaps, looked_up
from bot.state import State
from bot.stopping import stops
from gitops.carriers import Carried
from gitops.errors import InvalidInput
from gitops.fleet import Fleet


class Observer:
    """Observes through one set of ports, remembering only what is a function of a sha.

    `named` are the clusters that the operator's settings say how to ask.
    """

    def __init__(self, ports: Ports, branch: str, named: tuple[str, ...] = ()) -> None:
        self._ports = ports
        self._branch = branch
        self._named = named
        self._mirror = Mirror(ports.repository)
        self._watch = ForgeWatch(ports.forge_settings)

    def observe(self) -> Observation:
        """Everything, now.

        Raises:
            Unavailable, Denied: the fleet repository, the forge or the state branch.
            InvalidInput: fleet.yaml is wrong, or the branch does not exist.
        """
        repository = self._ports.repository
        repository.fetch()
        head = repository.head(self._branch)
        if head is None:
            raise InvalidInput(
                f"the fleet repository has no branch {self._branch}",
                "push the fleet there, or say --branch",
            )
        fleet = self._mirror.fleet(head)
        if fleet.config.fleet.branch != self._branch:
            raise InvalidInput(
                f"fleet.yaml says that the target branch is {fleet.config.fleet.branch}, "
                f"not {self._branch}",
                f"say --branch {fleet.config.fleet.branch}",
            )
        observation = self._read_ports(head, fleet)
        history = self._history(head)
        observation = self._with_state(observation, history)
        observation = self._with_health(observation, history, fleet)
        observation = self._with_bodies(self._with_branches(observation))
        observation = replace(observation, stops=stops(observation, self._mirror))
        return looked_up(observation, self._ports)

    # --- the ports -----------------------------------------------------------------------

    def _read_ports(self, head: str, fleet: Fleet) -> Observation:
        ports = self._ports
        apps = dict(fleet.config.apps)
        queries = {name: source_query(fleet, app) for name, app in apps.items() if app.source}
        pins = self._mirror.pins(head)
        places = listed_places(fleet, pins)
        with ThreadPoolExecutor(max_workers=4) as pool:
            forge = pool.submit(ports.forge.merge_requests)
            wanted = groups(fleet, pins)
            members = pool.submit(gaps(ports.forge.members), wanted)
            sources = pool.submit(gaps(ports.sources.read), set(queries.values()))
            tags = pool.submit(gaps(ports.registry.tags), places)
        state = ports.ledger.read()
        read = sources.result()
        listed = tags.result()
        people = members.result()
        requests = forge.result()
        return Observation(
            head=head,
            fleet=fleet.config.fleet,
            apps=apps,
            broken={name: str(error) for name, error in fleet.config.broken.items()},
            state=state,
            login=ports.forge.login(),
            pins=pins,
            sources={n: read if isinstance(read, Gap) else read[q] for n, q in queries.items()},
            tags={i: listed if isinstance(listed, Gap) else listed[i] for i in places},
            members={g: people if isinstance(people, Gap) else people[g] for g in wanted},
            merge_requests=requests,
            named_clusters=self._named,
            forge_refusals=self._watch.refusals(fleet.config.fleet, requests, ports.clock()),
        )

    # --- the target branch's history -----------------------------------------------------

    def _history(self, head: str) -> tuple[Told, ...]:
        repository = self._ports.repository
        return tuple(Told(c, self._claims(c)) for c in repository.first_parents(head))

    def _claims(self, commit: Commit) -> Promoted:
        """A merge that a person made carries our trailers on its second parent only."""
        told = read_message(commit.message)
        if not told.promotions and len(commit.parents) == 2:
            other = self._ports.repository.commit(commit.parents[1])
            if other is not None:
                return read_message(other.message)
        return told

    def _genuine(self, told: Told) -> bool:
        return self._mirror.carried_out(told.commit.sha, told.promoted)

    def _with_state(self, observation: Observation, history: tuple[Told, ...]) -> Observation:
        named = newest_state(history, self._genuine)
        sha = observation.state.sha
        return replace(
            observation,
            started=sha is not None or named is not None,
            named_state=named,
            state_lost=self._lost(observation.state, named),
            lost_merges=self._lost_merges(observation),
            wrong_merges=self._mirror.wrong_merges(_merged(observation), observation.head),
        )

    def _lost(self, state: State, named: str | None) -> str | None:
        if state.sha is not None and not state.ours:
            return (
                f"the state branch ({state.sha[:12]}) was not started for this fleet under this "
                "key; check FAIRLEAD_STATE_KEY first"
            )
        if named is None or named in state.replaces:
            return None
        if state.sha is None:
            return f"the target branch names the state {named[:12]}, and there is no state branch"
        if not self._ports.repository.is_ancestor(named, state.sha):
            return f"the state branch ({state.sha[:12]}) does not descend from {named[:12]}"
        return None

    def _lost_merges(self, observation: Observation) -> tuple[int, ...]:
        repository = self._ports.repository
        return tuple(
            m.number
            for m in _merged(observation)
            if m.merge_sha and not repository.is_ancestor(m.merge_sha, observation.head)
        )

    # --- what runs -----------------------------------------------------------------------

    def _with_health(
        self, observation: Observation, history: tuple[Told, ...], fleet: Fleet
    ) -> Observation:
        answer = gaps(self._ports.clusters.health)(self._asked(observation.head))
        health = () if isinstance(answer, Gap) else answer
        gap = answer if isinstance(answer, Gap) else None
        unattributed = self._mirror.reports(health, (), observation.head)
        observation = replace(observation, reports=unattributed, health_gap=gap)
        promotions = by_target(history)
        running = tuple(
            found
            for pin in observation.pins
            if pin.target.app in fleet.config.apps
            and (found := self._running(pin, observation, promotions)) is not None
        )
        return replace(
            observation,
            running=running,
            reports=self._mirror.reports(health, running, observation.head),
        )

    def _asked(self, head: str) -> tuple[Carried, ...]:
        """What is asked of the clusters: one app of each that has no release yet is among it.

        Such a cluster decides nothing; that it cannot be asked shows before a release needs it.
        """
        found = self._mirror.carried(head)
        idle = set(self._named) - {each.cluster for each in found}
        if not idle:
            return found
        one = {each.cluster: each for each in self._mirror.awaiting(head) if each.cluster in idle}
        return (*found, *one.values())

    def _running(
        self, pin: PinFacts, observation: Observation, promotions: Promotions
    ) -> Running | None:
        if pin.unreleased or pin.problem or not pin.content:
            return None
        known = promoted(pin, promotions, observation, self._genuine)
        if known is not None:
            return known
        repository = self._ports.repository
        sha = repository.last_change(observation.head, pin.paths) or observation.head
        commit = repository.commit(sha)
        return changed_by_person(pin, commit, observation) if commit is not None else None

    def _with_bodies(self, observation: Observation) -> Observation:
        """What our merge requests say, where nobody but this bot can have written it."""
        seal = self._ports.ledger.seal
        known = observation.state.sha is not None
        found = (genuine(m, seal) for m in observation.merge_requests if known and m.open)
        return replace(observation, presented=tuple(p for p in found if p is not None))

    # --- promotion branches --------------------------------------------------------------

    def _with_branches(self, observation: Observation) -> Observation:
        refs: dict[str, str] = {}
        for prefix in (PREFIX, ROLLBACK_PREFIX):
            refs |= self._ports.repository.refs(f"refs/heads/{prefix.rstrip('/')}")
        branches = tuple(
            self._mirror.branch(
                name.removeprefix("refs/heads/"), sha, observation.head, observation.state.sha
            )
            for name, sha in sorted(refs.items())
        )
        return replace(observation, branches=branches)


def _merged(observation: Observation) -> tuple[MergeRequest, ...]:
    branch = observation.fleet.branch
    return tuple(
        m
        for m in observation.merge_requests
        if m.state is MergeRequestState.MERGED
        and m.target_branch == branch
        and m.source_branch.startswith((PREFIX, ROLLBACK_PREFIX))
    )

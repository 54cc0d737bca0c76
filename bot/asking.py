"""What a person's verbs share: what they look at, and how a branch of theirs is named."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.act import Audit
from bot.mirror import Mirror
from bot.observation import Observation
from bot.ports import Ports, RefUpdate
from bot.state import State
from bot.stopping import stops
from gitops.config import Config
from gitops.config import read as read_config
from gitops.errors import InvalidInput
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a verb, or would: `changed` is False where it is so already.

    `told` says what is so from then on; `diff` is what is written, "" for nothing. Of `commit` and
    `merge_request` at most one is set, and of a dry run none. `counts` says from when on, "" where
    that is at once.
    """

    title: str
    told: str
    changed: bool
    diff: str = ""
    commit: str | None = None
    merge_request: int | None = None
    branch: str | None = None
    counts: str = ""
    closed: tuple[int, ...] = ()
    """Merge requests that would have begun what is ended."""


class Desk:
    """One person's ports on one fleet."""

    def __init__(self, ports: Ports, branch: str, audit: Audit) -> None:
        self.ports = ports
        self.branch = branch
        self.mirror = Mirror(ports.repository)
        self._audit = audit

    @property
    def owner(self) -> str:
        """Whose token it is; on the embedded forge, who they say they are."""
        return self.ports.forge.login()

    def look(self, state: State | None = None) -> tuple[Observation, Config]:
        """The target branch, its stops and the merge requests; neither registries nor clusters.

        Raises:
            InvalidInput: fleet.yaml is wrong, or the branch does not exist.
            Unavailable, Denied: the fleet repository or the forge.
        """
        repository = self.ports.repository
        repository.fetch()
        head = repository.head(self.branch)
        if head is None:
            told = f"the fleet repository has no branch {self.branch}"
            raise InvalidInput(told, "push the fleet there, or say --branch")
        config = read_config(repository.tree(head))
        if config.fleet.branch != self.branch:
            told = f"fleet.yaml says that the target branch is {config.fleet.branch}"
            raise InvalidInput(told, f"say --branch {config.fleet.branch}")
        observation = Observation(
            head=head,
            fleet=config.fleet,
            apps=dict(config.apps),
            state=state or State(None),
            login=self.owner,
            broken={name: str(error) for name, error in config.broken.items()},
            merge_requests=self.ports.forge.merge_requests(),
        )
        return replace(observation, stops=stops(observation, self.mirror)), config

    def tree(self, sha: str) -> Tree:
        """The files of a commit."""
        return self.ports.repository.tree(sha)

    def free_number(self, prefix: str, observation: Observation) -> int:
        """The first number of a branch below `prefix` that neither git nor the forge ever saw."""
        refs = self.ports.repository.refs(f"refs/heads/{prefix}")
        names = [name.removeprefix("refs/heads/") for name in refs]
        names += [m.source_branch for m in observation.merge_requests]
        used = (n.removeprefix(prefix) for n in names if n.startswith(prefix))
        return max((int(n) for n in used if n.isascii() and n.isdigit()), default=0) + 1

    def orphans(self, prefix: str, observation: Observation) -> list[tuple[str, str]]:
        """Branches below `prefix` that never had a merge request, with their heads.

        A verb that was cut off between pushing one and opening the merge request leaves it.
        """
        refs = self.ports.repository.refs(f"refs/heads/{prefix}")
        named = ((name.removeprefix("refs/heads/"), sha) for name, sha in sorted(refs.items()))
        taken = {m.source_branch for m in observation.merge_requests}
        return [(name, sha) for name, sha in named if name not in taken]

    def push(self, branch: str, expected: str | None, sha: str) -> None:
        """Move a branch of the remote.

        Raises:
            Conflict, Denied, Unavailable: see `Repository.push`.
        """
        self.ports.repository.push([RefUpdate(f"refs/heads/{branch}", expected, sha)])

    def say(self, event: str, facts: Mapping[str, object]) -> None:
        """One line of the audit log, before the effect."""
        at = self.ports.clock().isoformat()
        self._audit({"event": event, "at": at, "by": self.owner, **facts})

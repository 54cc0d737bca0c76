"""What `hold`, `unhold`, `freeze` and `unfreeze` write: one file, or one file less. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.neutral import code, one_line
from gitops.config import (
    Config,
    StopConfig,
    StopFile,
    freeze_path,
    hold_path,
    read_stops,
    stop_of,
    stop_text,
)
from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Scope:
    """What a stop is about: an app in an environment, or with `app` None an environment.

    `environment` None is every one, of a freeze.
    """

    environment: str | None
    app: str | None = None

    @property
    def path(self) -> str:
        """The stop's file."""
        if self.app is not None and self.environment is not None:
            return hold_path(self.environment, self.app)
        return freeze_path(self.environment)

    @property
    def branch(self) -> str:
        """The last steps of the name of a branch about it."""
        steps = (self.environment or "_all", self.app)
        return "/".join(step for step in steps if step is not None)

    def __str__(self) -> str:
        where = self.environment or "every environment"
        return where if self.app is None else f"{self.app} in {where}"


@dataclass(frozen=True, slots=True)
class StopChange:
    """One file to write, or with `content` None to remove; `verb` is what the person asked for.

    `changes` is False where the target branch says it already.
    """

    verb: str
    scope: Scope
    content: StopConfig | None
    told: str
    """What is so already, or what becomes so."""
    changes: bool

    @property
    def title(self) -> str:
        """One line for the commit and the merge request."""
        return f"{self.verb.capitalize()} {self.scope}"

    @property
    def data(self) -> bytes | None:
        """The file's bytes, None where it goes."""
        return None if self.content is None else stop_text(self.content)

    def message(self, owner: str) -> str:
        """The commit's message."""
        why = f"{one_line(self.content.reason, 300)}\n\n" if self.content else ""
        return f"{self.title}\n\n{why}Fairlead-Asked-By: {one_line(owner)}\n"

    def body(self, owner: str, counts: str) -> str:
        """What a reviewer reads; `counts` says from when on it counts."""
        parts = [f"{code(owner)} asks for this with {code(f'fairlead {self.verb}')}."]
        if self.content is not None:
            until = self.content.until
            ends = f"{until:%Y-%m-%d %H:%M} UTC" if until else "somebody ends it"
            parts.append(f"Why: {code(self.content.reason, 400)}\n\nUntil: {ends}")
        return "\n\n".join([*parts, counts]) + "\n"

    def applied(self, tree: Tree) -> Tree:
        """The fleet's files with this change."""
        data, path = self.data, self.scope.path
        if data is not None:
            return tree.replace({path: data})
        return Tree({p: f for p, f in tree.items() if p != path})

    def says(self, file: StopFile) -> bool:
        """Whether a file says the same, whenever it was made."""
        return file.content is not None and _meant(file.content) == _meant(self.content)


def known(config: Config, scope: Scope) -> None:
    """Refuse what the fleet does not have.

    Raises:
        InvalidInput: no such app or environment; with what comes nearest.
    """
    environments = [e.name for e in config.fleet.environments]
    if scope.environment is not None and scope.environment not in environments:
        told = f"there is no environment {scope.environment!r}"
        raise InvalidInput(told, nearest(scope.environment, environments))
    apps = {*config.apps, *config.broken}
    if scope.app is not None and scope.app not in apps:
        told = f"there is no app {scope.app!r} in this fleet"
        raise InvalidInput(told, nearest(scope.app, apps))


def beginning_of(
    scope: Scope, stop: tuple[str, str, datetime, datetime | None], tree: Tree
) -> StopChange:
    """A hold or a freeze; `stop` is its owner, reason, and when it is made and ends.

    Raises:
        InvalidInput: the owner or the reason cannot be written.
    """
    owner, reason, made, until = stop
    content = stop_of(owner, reason, made, until, hold=scope.app is not None)
    verb, done = ("hold", "held") if scope.app is not None else ("freeze", "frozen")
    ends = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "until somebody ends it"
    change = StopChange(verb, scope, content, f"{scope}: {done} {ends}", changes=True)
    there = (file for file in read_stops(tree) if file.path == scope.path)
    return replace(change, changes=not any(change.says(file) for file in there))


def ending_of(scope: Scope, tree: Tree) -> StopChange:
    """The end of a hold or a freeze that the target branch says."""
    hold = scope.app is not None
    verb = "unhold" if hold else "unfreeze"
    told = f"{scope}: {'not on hold' if hold else 'not frozen by `fairlead freeze`'}"
    return StopChange(verb, scope, None, told, changes=scope.path in tree)


def counts(change: StopChange, owner: str, config: Config) -> str:
    """From when on a merge request counts that somebody opens for a change."""
    if change.content is None:
        return "It counts once it is merged."
    scope = change.scope
    if scope.app is not None:
        policy = config.policy(scope.app, scope.environment or "")
        at_once = [scope.environment] if policy is not None and policy.approver(owner) else []
    else:
        at_once = [
            e.name
            for e in config.fleet.environments
            if scope.environment in {None, e.name}
            and owner.casefold() in config.people.approvers(e.approvals.from_)
        ]
    if not at_once:
        return f"It counts once it is merged: {owner} may approve nothing there."
    if scope.environment is not None or len(at_once) == len(config.fleet.environments):
        return "It counts at once, since the one who opened it may approve there."
    shown = ", ".join(str(name) for name in at_once)
    return f"It counts at once in {shown}, where {owner} may approve, and elsewhere once merged."


def _meant(content: StopConfig | None) -> tuple[str, str, datetime | None] | None:
    return None if content is None else (content.owner, content.reason, content.until)

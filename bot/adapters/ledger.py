"""The state branch `fairlead/state` of the fleet repository, moved by compare-and-swap.

What its files are is told in `bot.records`; here they are read from a commit, written as a commit,
and pushed with a lease. Nothing is fetched: a tick decides on what it fetched once.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.model import IDENTITY
from bot.ports import Draft, RefUpdate, Repository, StateChange
from bot.secret import Secret
from bot.state import State
from bot.state_branch import edit, first_files, is_ours, read_state
from bot.state_key import StateKey
from gitops.errors import Conflict, InvalidInput

BRANCH = "fairlead/state"

_REF = f"refs/heads/{BRANCH}"
_INIT = "run `fairlead state init`"


class StateBranch:
    """Reads and writes the records of one fleet; the Ledger port.

    `key` is the operator's FAIRLEAD_STATE_KEY; it may be None for as long as there is neither
    anything to read nor anything to write.
    """

    def __init__(self, repository: Repository, fleet: str, key: Secret | None) -> None:
        self._repository = repository
        self._fleet = fleet
        self._secret = key
        self._last = State(None)

    def seal(self, subject: str, content: bytes) -> str:
        """The MAC of something that is kept elsewhere, bound to its subject.

        Raises:
            InvalidInput: there is no usable key.
        """
        return self._key().mac(subject, content)

    def read(self) -> State:
        """The records whose MAC is valid, as of the last fetch; the others are named.

        Raises:
            InvalidInput: there is a state branch, but no usable key, or another layout.
        """
        sha = self._repository.head(BRANCH)
        return State(None) if sha is None else self._state(sha)

    def write(self, expected: str | None, change: StateChange, now: datetime) -> str:
        """One commit on top of `expected`; returns its sha, `expected` when nothing would change.

        Raises:
            Conflict: the state branch is not at `expected`.
            InvalidInput: there is no usable key, no state branch (`expected` is None), or one that
                another key or another fleet started: its records could only be lost.
        """
        key = self._key()
        if expected is None:
            if self._repository.head(BRANCH) is not None:
                raise Conflict("there is a state branch by now")
            raise InvalidInput("there is no state branch", _INIT)
        if self._repository.commit(expected) is None:
            raise Conflict(f"the state branch was at {expected}, which is not here")
        tree = self._repository.tree(expected)
        if not is_ours(key, tree):
            raise InvalidInput(
                f"the state branch was not started for fleet {self._fleet!r} under this key",
                "check FAIRLEAD_STATE_KEY and the fleet's name; if the key is lost for good, "
                "replace the branch with `fairlead halt --clear`",
            )
        edits = edit(key, self._state(expected), tree, change)
        if not edits:
            return expected
        changed = {path: data for path, data in edits.items() if data is not None}
        removed = tuple(path for path, data in edits.items() if data is None)
        draft = Draft((expected,), _message(changed, removed), IDENTITY, now, changed, removed)
        return self._commit(expected, draft)

    def start(self, replaces: tuple[str, ...], change: StateChange, now: datetime) -> str:
        """Create the state branch, or put a new one in the place of one that was lost or rewound.

        The new branch has no history and only the records of `change`; `replaces` are the heads
        that it stands for.

        Raises:
            Conflict: the state branch is not where the last fetch saw it.
            InvalidInput: there is no usable key, or there is a state branch already and `replaces`
                names none.
        """
        key = self._key()
        present = self._repository.head(BRANCH)
        if present is not None and not replaces:
            raise InvalidInput(f"there is a state branch already, at {present}")
        files = first_files(key, replaces, change)
        draft = Draft((), "Start the state branch", IDENTITY, now, files)
        return self._commit(present, draft)

    def _commit(self, expected: str | None, draft: Draft) -> str:
        (sha,) = self._repository.write([draft])
        self._repository.push([RefUpdate(_REF, expected, sha)])
        return sha

    def _state(self, sha: str) -> State:
        # A commit never changes, and most ticks find the one that the tick before them found.
        if self._last.sha != sha:
            self._last = read_state(self._key(), sha, self._repository.tree(sha))
        return self._last

    def _key(self) -> StateKey:
        if self._secret is None:
            raise InvalidInput(
                "FAIRLEAD_STATE_KEY is not set",
                "give the key under which the state branch was started, or for a new one a random "
                "text such as `openssl rand -hex 32` prints",
            )
        return StateKey(self._fleet, self._secret)


def _message(changed: Mapping[str, bytes], removed: tuple[str, ...]) -> str:
    """A subject by what changes; no trailers, and no text from outside."""
    count = len(changed) + len(removed)
    return f"Record {count} file{'' if count == 1 else 's'}"

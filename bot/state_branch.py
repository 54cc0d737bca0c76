"""The state branch as a whole: its files read to a State, and the files that a change gives.

Whatever is not a valid record under its own path is ignored and named: it can come of a
developer's push, a fork, or another bot's key.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.canonical import Fields
from bot.ports import StateChange
from bot.records import (
    CLEARED_PATH,
    HALT_PATH,
    VERSION_PATH,
    baseline_file,
    baseline_path,
    cleared_file,
    failure_file,
    failure_path,
    halt_file,
    proof_file,
    proof_path,
    read_baseline,
    read_cleared,
    read_failure,
    read_halt,
    read_proof,
    read_seen,
    read_soak,
    read_version,
    seen_file,
    seen_path,
    soak_file,
    soak_path,
    version_file,
)
from bot.state import Baseline, Failure, Halt, Proof, Seen, Soak, State
from bot.state_key import StateKey
from gitops.errors import InvalidInput
from gitops.tree import File, Tree

Edits = dict[str, bytes | None]
"""Path to new bytes; None removes the file."""


def read_state(key: StateKey, sha: str, tree: Tree) -> State:
    """The valid records of the state branch at `sha`, and the names of what was ignored.

    Raises:
        InvalidInput: it was written, under this key, in a layout that this Fairlead does not know.
    """
    reading = _Reading(key)
    replaces: tuple[str, ...] = ()
    try:
        version = _opened(key, tree, VERSION_PATH)
    except InvalidInput as error:
        reading.rejected.append(f"{VERSION_PATH}: {error.message}")
    else:
        replaces = read_version(version)
    for path in tree:
        if path != VERSION_PATH:
            reading.file(path, tree)
    return State(
        sha,
        reading.halt,
        dict(sorted(reading.seen.items())),
        tuple(reading.baselines),
        tuple(reading.soaks),
        tuple(reading.failures),
        tuple(reading.proofs),
        replaces,
        tuple(reading.rejected),
        reading.cleared,
        ours=is_ours(key, tree),
    )


def is_ours(key: StateKey, tree: Tree) -> bool:
    """Whether the branch was started under this key, for this fleet."""
    try:
        _opened(key, tree, VERSION_PATH)
    except InvalidInput:
        return False
    return True


def first_files(key: StateKey, replaces: Iterable[str], change: StateChange) -> dict[str, bytes]:
    """The files of a new state branch."""
    edits = edit(key, State(None), Tree({}), change)
    records = {path: data for path, data in edits.items() if data is not None}
    return {VERSION_PATH: version_file(key, replaces), **records}


def edit(key: StateKey, state: State, tree: Tree, change: StateChange) -> Edits:
    """What the change does to the files; only those that it makes differ.

    `state` is what `read_state` says of `tree`. A valid record stands as it was first written,
    except soaks, failures and baselines. An invalid one gives way to the record that belongs in its
    place.

    Raises:
        InvalidInput: an app or an environment has a name that cannot be a file's.
    """
    wanted: dict[str, bytes | None] = {}
    if change.clear_halt:
        wanted[HALT_PATH] = None
    if change.halt and (change.clear_halt or state.halt is None):
        wanted[HALT_PATH] = halt_file(key, change.halt)
    if change.cleared:
        wanted[CLEARED_PATH] = cleared_file(key, change.cleared)
    wanted |= {soak_path(target): None for target in change.ended_soaks}
    wanted |= {soak_path(s.target): soak_file(key, s) for s in change.soaks}
    wanted |= {failure_path(f.target, f.identity): failure_file(key, f) for f in change.failures}
    wanted |= {baseline_path(b.target): baseline_file(key, b) for b in change.baselines}
    known = {(p.target, p.release.identity) for p in state.proofs}
    # Reversed, so that of two for one key the first stands.
    for proof in reversed(change.proofs):
        if (proof.target, proof.release.identity) not in known:
            wanted[proof_path(proof.target, proof.release.identity)] = proof_file(key, proof)
    for app, seen in change.seen.items():
        before = state.seen.get(app, {})
        after = {s.tag: s for s in reversed(seen)} | dict(before)
        if after.keys() != before.keys():
            wanted[seen_path(app)] = seen_file(key, app, after.values())
    return {path: data for path, data in wanted.items() if _data(tree.get(path)) != data}


def _data(file: File | None) -> bytes | None:
    return None if file is None else file.data


def _content(tree: Tree, path: str) -> bytes:
    file = tree.get(path)
    if file is None:
        raise InvalidInput("missing")
    if not file.regular:
        raise InvalidInput("not an ordinary file")
    return file.data


def _opened(key: StateKey, tree: Tree, path: str) -> Fields:
    return key.opened(path, _content(tree, path))


@dataclass
class _Reading:
    """What was read so far."""

    key: StateKey
    halt: Halt | None = None
    cleared: tuple[str, ...] = ()
    seen: dict[str, dict[str, Seen]] = field(default_factory=dict)
    baselines: list[Baseline] = field(default_factory=list)
    soaks: list[Soak] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def file(self, path: str, tree: Tree) -> None:
        """Take one file in, or say why not."""
        try:
            self._record(path, tree)
        except InvalidInput as error:
            self.rejected.append(f"{_shown(path)}: {error.message}")

    def _record(self, path: str, tree: Tree) -> None:
        match path.split("/"):
            case [name] if name == HALT_PATH:
                self.halt = read_halt(_opened(self.key, tree, path))
            case [name] if name == CLEARED_PATH:
                self.cleared = read_cleared(_opened(self.key, tree, path))
            case ["seen", _]:
                self._seen(path, _content(tree, path))
            case ["soaks", _, _]:
                soak = read_soak(_opened(self.key, tree, path))
                _belongs(path, soak_path(soak.target))
                self.soaks.append(soak)
            case ["failures", _, _, _]:
                failure = read_failure(_opened(self.key, tree, path))
                _belongs(path, failure_path(failure.target, failure.identity))
                self.failures.append(failure)
            case ["baselines", _, _]:
                baseline = read_baseline(_opened(self.key, tree, path))
                _belongs(path, baseline_path(baseline.target))
                self.baselines.append(baseline)
            case ["proofs", _, _, _]:
                proof = read_proof(_opened(self.key, tree, path))
                _belongs(path, proof_path(proof.target, proof.release.identity))
                self.proofs.append(proof)
            case _:
                raise InvalidInput("not a file of the state branch")

    def _seen(self, path: str, data: bytes) -> None:
        app = path.removeprefix("seen/").removesuffix(".txt")
        _belongs(path, seen_path(app))
        lines = data.split(b"\n")
        if lines.pop():
            self.rejected.append(f"{path}: its last line is cut off")
        known: dict[str, Seen] = {}
        for number, line in enumerate(lines, start=1):
            try:
                seen = read_seen(self.key, path, line)
            except InvalidInput as error:
                self.rejected.append(f"{path}:{number}: {error.message}")
                continue
            if known.setdefault(seen.tag, seen) != seen:
                self.rejected.append(f"{path}:{number}: the tag has two records, the first stands")
                known[seen.tag] = min(known[seen.tag], seen, key=lambda s: s.first_seen)
        if known:
            self.seen[app] = dict(sorted(known.items()))


def _belongs(path: str, proper: str) -> None:
    if path != proper:
        raise InvalidInput("its content belongs to another path")


def _shown(path: str) -> str:
    """A path that somebody else may have chosen, fit for a terminal."""
    return path if path.isprintable() else ascii(path)

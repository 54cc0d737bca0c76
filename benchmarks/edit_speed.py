"""B2: the CPU that one edit takes, in memory, from bytes to bytes."""

from collections.abc import Sequence

from benchmarks.editing import OURS, Edited, edit, editors
from benchmarks.model import Measurement, at_least, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.target import Target, one_of_each_file
from benchmarks.verdict import Verdict

COLUMNS = ("editor", "CPU us/file", "ratio", "peak MiB", "exact", "values only", "refused", "wrong")
ROUNDS = 5
BOUNDS = (100, 3, 10)
"""How many times more CPU ruamel.yaml, yaml.v3 and Node's yaml have to need."""


def measure(
    peers: Peers, *, targets: Sequence[Target] | None = None, rounds: int = ROUNDS
) -> Measurement:
    """One edit in each file of the real fleets that has a site."""
    targets = one_of_each_file() if targets is None else targets
    work = (
        f"One site is edited in each of {len(targets)} files of the five real fleets "
        f"({sum(len(t.before) for t in targets) / 1000:.0f} kB), read before and written after the "
        f"clock runs; Fairlead proves each edit by reading the result again. Median of {rounds} "
        "rounds in one process, start-up left out, every file under a new name in each round so "
        "that nothing is remembered. Ruamel runs once."
    )
    if not targets:
        rows = [("the corpora are absent: set FAIRLEAD_SHARED", *[""] * (len(COLUMNS) - 1))]
        return Measurement("B2 edit speed", work, COLUMNS, rows)
    ours, *others = editors(peers)
    turns = {OURS: rounds, peers.ruamel_edit.name: 1}
    found = [(peer, edit(peer, targets, turns.get(peer.name, rounds))) for peer in (ours, *others)]
    base = found[0][1]
    assert base is not None, "Fairlead is never absent"
    rows_found = [_row(peer, edited, base, targets) for peer, edited in found]
    gates = [
        at_least(
            f"CPU of {peer.name} for one edit, to Fairlead's",
            base.cpu,
            edited.cpu if edited else None,
            bound,
            peer.missing,
        )
        for (peer, edited), bound in zip(found[1:], BOUNDS, strict=True)
    ]
    return Measurement("B2 edit speed", work, COLUMNS, rows_found, gates)


def _row(
    peer: Peer, edited: Edited | None, base: Edited, targets: Sequence[Target]
) -> Sequence[str]:
    if edited is None:
        return row_absent(peer.name, COLUMNS)
    verdicts = edited.verdicts(targets)
    order = (Verdict.EXACT, Verdict.VALUES, Verdict.REFUSED, Verdict.WRONG)
    return (
        peer.name,
        number(edited.cpu * 1e6),
        number(edited.cpu / base.cpu),
        number(edited.peak),
        *(str(verdicts.count(verdict)) for verdict in order),
    )

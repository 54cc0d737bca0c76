"""Gives one set of edits to any editing program, and judges what comes back.

A program gets a directory with `job.json` and the files:

    {"rounds": 3, "targets": [{"file": "0.yaml", "document": 0,
                               "edits": [{"address": ["spec", "tag"], "new": "1.2"}]}]}

and answers `{"seconds": [...], "results": [...]}`: the CPU seconds of each round (its loop alone,
with everything read and nothing yet written) and for each target, of the last round,
`{"text": BASE64}` or `{"refused": WHY}`.
"""

import base64
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import process
from benchmarks.peers import Peer, Peers
from benchmarks.target import Target
from benchmarks.verdict import Verdict, judge

OURS = "Fairlead"


@dataclass(frozen=True, slots=True)
class Edited:
    """What an editor made of the targets; `cpu` is the median round, in seconds for one target."""

    cpu: float
    peak: float
    results: Sequence[bytes | None]
    """None for a refusal."""

    def verdicts(self, targets: Sequence[Target]) -> list[Verdict]:
        """What each of the results is."""
        return list(map(judge, targets, self.results))


def editors(peers: Peers) -> tuple[Peer, ...]:
    """Fairlead first, and then who is compared with it."""
    ours = Peer(OURS, process.ours("fairlead_edit.py"))
    return (ours, peers.ruamel_edit, peers.go_edit, peers.node_edit)


def edit(editor: Peer, targets: Sequence[Target], rounds: int = 1) -> Edited | None:
    """Let an editor do all of it; None when it is absent."""
    if editor.command is None:
        return None
    with tempfile.TemporaryDirectory() as temporary:
        _write(Path(temporary), targets, rounds)
        run = process.run((*editor.command, temporary))
    told = run.told
    results = [base64.b64decode(r["text"]) if "text" in r else None for r in told["results"]]
    return Edited(median(told["seconds"]) / len(targets), run.peak, results)


def _write(directory: Path, targets: Sequence[Target], rounds: int) -> None:
    entries = []
    for number, target in enumerate(targets):
        name = f"{number}.yaml"
        (directory / name).write_bytes(target.before)
        edits = [{"address": address, "new": new} for address, new in target.edits]
        entries.append({"file": name, "document": target.document, "edits": edits})
    job = {"rounds": rounds, "targets": entries}
    (directory / "job.json").write_text(json.dumps(job), encoding="utf-8")

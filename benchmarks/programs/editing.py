"""The loop around an editing program in Python; `benchmarks.editing` says what it is given."""

import base64
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Address = Sequence[str | int]


class Refused(Exception):
    """The editor does not edit this; the text says why."""


@dataclass(frozen=True)
class Job:
    """One file to edit; `path` is another one in each round, so that nothing is remembered."""

    path: str
    data: bytes
    document: int
    edits: Sequence[tuple[Address, str]]


def work(edit: Callable[[Job], bytes]) -> None:
    """Edit every file in each round, measuring only that, and print what came of the last."""
    directory = Path(sys.argv[1])
    job = json.loads((directory / "job.json").read_bytes())
    data = {each["file"]: (directory / each["file"]).read_bytes() for each in job["targets"]}
    seconds = []
    results: list[tuple[bytes | None, str]] = []
    for turn in range(job["rounds"]):
        jobs = [
            Job(
                f"{turn}/{each['file']}",
                data[each["file"]],
                each["document"],
                [(e["address"], e["new"]) for e in each["edits"]],
            )
            for each in job["targets"]
        ]
        results = []
        began = time.process_time()
        for one in jobs:
            try:
                results.append((edit(one), ""))
            except Refused as refusal:
                results.append((None, str(refusal)))
        seconds.append(time.process_time() - began)
    said = [
        {"refused": why or "refused"} if text is None else {"text": base64.b64encode(text).decode()}
        for text, why in results
    ]
    json.dump({"seconds": seconds, "results": said}, sys.stdout)

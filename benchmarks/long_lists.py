"""What a very long tag list costs through the verb: time and memory have limits."""

import sys
import tempfile
from pathlib import Path

from benchmarks import process
from benchmarks.model import Gate, Measurement, number
from benchmarks.newest_tag import names
from benchmarks.peers import Peers

TAGS = 1_000_000
SECONDS, PEAK = 5.0, 300.0
COLUMNS = ("verb", "wall s", "CPU s", "peak MiB")
_TAGS = (sys.executable, "-m", "bot.cli", "tags", "-")
_VERBS = {
    "tags - --semver '>=1 <3'": ("--semver", ">=1 <3"),
    "tags - --alphabetical asc": ("--alphabetical", "asc"),
    "tags - --semver '*' --filter '^v(?P<v>.*)$' --extract '$v'": (
        *("--semver", "*", "--filter", "^v(?P<v>.*)$", "--extract", "$v"),
    ),
}


def measure(_: Peers, *, tags: int = TAGS) -> Measurement:
    """Tags from standard input, every reason written out."""
    rows = []
    gates = []
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.writelines(f"{tag}\n" for tag in _many(tags))
        file.flush()
        for verb, arguments in _VERBS.items():
            run = process.run((*_TAGS, *arguments), given=Path(file.name))
            rows.append((verb, number(run.wall), number(run.cpu), number(run.peak)))
            gates += [
                Gate(f"CPU of `{verb}`", run.cpu, SECONDS, at_least=False, unit="s"),
                Gate(f"peak of `{verb}`", run.peak, PEAK, at_least=False, unit="MiB"),
            ]
    work = (
        f"{tags} tags from standard input through the verb, start-up and all, with the reason for "
        "each tag that is passed over on standard output."
    )
    return Measurement("Long lists", work, COLUMNS, rows, gates)


def _many(count: int) -> list[str]:
    """Tags of B7, and behind them numbered builds: there are not so many versions to choose of."""
    found = names(min(count, 200_000))
    return found + [f"v2.{n % 100}.{n}" for n in range(count - len(found))]

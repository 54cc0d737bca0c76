"""B6: looking up the tags of many repositories of a registry that is 50 ms away."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import process
from benchmarks.model import Gate, Measurement, number
from benchmarks.peers import Peers
from benchmarks.programs.registry import TAGS

REPOSITORIES = 2_000
DELAY = 50
"""Milliseconds that each answer waits."""
REQUESTS = 2
"""Of one look-up: the list, and whether anything comes behind its last tag."""
PART = 10
"""The sequential peer does one tenth of the work, and its time is multiplied."""
FLUX = 4
"""Reconciles at once. Source: image-reflector-controller, `--concurrent`."""

WALL = 2.5
SEQUENTIAL = 100
CONCURRENT = 25
COLUMNS = ("client", "look-ups", "wall s", "ratio", "CPU us/request")


class Unexpected(Exception):
    """A client did not get the tags that are there."""


@dataclass(frozen=True, slots=True)
class Polled:
    """Seconds for all the repositories, and CPU microseconds for each request."""

    wall: float
    cpu: float


def measure(_: Peers, *, repositories: int = REPOSITORIES, delay: int = DELAY) -> Measurement:
    """The bot's registry adapter, and one request after another."""
    part = max(1, repositories // PART)
    with _registry(delay) as port:
        ours = _polled("fairlead_poll.py", port, repositories)
        some = _polled("sequential_poll.py", port, part)
    sequential = Polled(some.wall * repositories / part, some.cpu)
    flux = repositories * REQUESTS * delay / 1000 / FLUX
    rows = [
        _row("Fairlead", repositories, ours, ours),
        _row(f"aiohttp, one by one (measured on {part})", repositories, sequential, ours),
        (
            f"Flux's default, {FLUX} at once (computed)",
            str(repositories),
            number(flux),
            number(flux / ours.wall),
            "",
        ),
    ]
    gates = [
        Gate("wall time of all look-ups", ours.wall, WALL, at_least=False, unit="s"),
        Gate("one by one, to Fairlead", sequential.wall / ours.wall, SEQUENTIAL, at_least=True),
        Gate("Flux's default, to Fairlead", flux / ours.wall, CONCURRENT, at_least=True),
    ]
    work = (
        f"The tags of {repositories} repositories ({len(TAGS)} tags each) are looked up at one "
        f"registry on loopback that lets every answer wait {delay} ms, with plain HTTP and kept "
        f"connections. One look-up is {REQUESTS} requests, as the registry does not say whether "
        "a short list is whole. The registry runs in a process of its own, on the same cores. "
        "CPU is the client's."
    )
    return Measurement("B6 poll", work, COLUMNS, rows, gates)


@contextmanager
def _registry(delay: int) -> Iterator[str]:
    """A registry's port while it runs."""
    with subprocess.Popen(
        (*process.ours("registry.py"), str(delay)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
            server.wait()


def _polled(program: str, port: str, repositories: int) -> Polled:
    told = process.run((*process.ours(program), port, str(repositories))).told
    wrong = [tags for tags in told["tags"] if tags != len(TAGS)]
    if wrong or len(told["tags"]) != repositories:
        raise Unexpected(f"{program}: {len(wrong)} look-ups went wrong, the first: {wrong[:1]}")
    return Polled(told["seconds"], told["cpu"] / repositories / REQUESTS * 1e6)


def _row(name: str, repositories: int, found: Polled, base: Polled) -> Sequence[str]:
    figures = (found.wall, found.wall / base.wall, found.cpu)
    return (name, str(repositories), *map(number, figures))

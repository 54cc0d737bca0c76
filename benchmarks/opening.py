"""Opening a merge request for each of many apps, and finding nothing to do, on a real Gitea."""

import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks import process
from benchmarks.forge_ground import THEN, Calls, Done, Ground, ground, missing
from benchmarks.model import Gate, Measurement, at_least, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.process import PYTHON, Run
from benchmarks.renovating import Renovate

APPS = 100
TICKS = 5
"""Of one process, after a first one that reads everything."""

FLOOR = 1.2
FASTER = 2
IDLE = 20
IDLE_TUNED = 5
MEMORY = 3
CALLS = 4
IDLE_CALLS = 10
COLUMNS = ("who", "does", "wall s", "CPU s", "peak MiB", "API calls", "git calls")

_SETTINGS = """\
fleet = "{fleet}"
work_directory = "{work}"
[[origins]]
url = "{gitea}"
private = true
[[origins]]
url = "{registry}"
private = true
"""


_WE = "Fairlead"
_BARE = ("nobody", "commits, one push, a POST for each")
_MARKED = ("nobody", "the same with labels and reviewers")
_TITLE = "Opening merge requests"
_NONE = [Gate("opening, to the floor", None, FLOOR, at_least=False, why="Gitea is absent")]


class Unexpected(Exception):
    """A program did not do the work, so its time says nothing."""


def measure(peers: Peers, *, apps: int = APPS, ticks: int = TICKS) -> Measurement:
    """Both in the same run, one after the other, each with a repository of its own."""
    absent = missing()
    if absent is not None:
        return Measurement(_TITLE, absent, COLUMNS, [row_absent("Gitea", COLUMNS)], _NONE)
    with tempfile.TemporaryDirectory() as temporary, ground(Path(temporary), apps) as there:
        found = _measured(there, peers, ticks)
    work = (
        f"A fleet of {apps} apps on Gitea with SQLite, a registry without latency, both on "
        "loopback and on the same cores. Every app has a new version; for each a merge request is "
        "opened. The floor is what the server takes for the commits, one push and one POST after "
        "another. What labels and reviewers cost there is taken off Fairlead's time in the ratios, "
        "and statuses are timed apart, as the tick after the one that opens: Renovate, which runs "
        "with its kustomize manager and without limits, knows none of these. Fairlead says on each "
        "what kustomize makes of it before and after. Calls are counted in Gitea's access log. The "
        "branch is protected, the labels are there."
    )
    rows = [_row(*who, done) for who, done in found.items()]
    if peers.renovate.command is None:
        rows.append(row_absent(peers.renovate.name, COLUMNS))
    gates = _gates(found, peers.renovate)
    return Measurement(_TITLE, work, COLUMNS, rows, gates, _notes(found))


Found = dict[tuple[str, str], Done]
"""By who did what."""

_PROCESS = "nothing to do, a process"
_TICK = "nothing to do, a tick"
_OPEN = "opens them all"
_STATUSES = "says their statuses, the next tick"
_SETTLED = "all open, nothing to do, a tick"
_DEFAULT = "nothing to do"
_TUNED = "nothing to do, caches kept"
_AGAIN = "all open, nothing to do"


def _measured(there: Ground, peers: Peers, ticks: int) -> Found:
    peer = peers.renovate
    ours = _Fairlead(there)
    theirs = Renovate(there, peer.command) if peer.command else None
    found = {(_WE, _PROCESS): ours.once(), (_WE, _TICK): ours.ticks(ticks)}
    if theirs is not None:
        found[peer.name, _DEFAULT] = theirs.run()
        theirs.run(tuned=True)
        found[peer.name, _TUNED] = theirs.run(tuned=True)
    there.release(THEN)
    found[_BARE] = _floor(there, "bare", marked=False)
    found[_MARKED] = _floor(there, "floor", marked=True)
    found[_WE, _OPEN], found[_WE, _STATUSES] = ours.opens()
    _expect(there, ours.path)
    found[_WE, _SETTLED] = ours.ticks(ticks)
    if theirs is not None:
        found[peer.name, _OPEN] = theirs.run()
        _expect(there, theirs.path)
        found[peer.name, _AGAIN] = theirs.run()
    return found


def _gates(found: Found, peer: Peer) -> Sequence[Gate]:
    opening, tick = found[_WE, _OPEN], found[_WE, _TICK]
    bare, marked = found[_BARE].wall, found[_MARKED].wall
    # The peer's merge requests have no labels, and nobody is asked.
    alike = opening.wall - max(0.0, marked - bare)

    def against(what: str, claim: str, ours: float, bound: float) -> Gate:
        done = found.get((peer.name, what))
        return at_least(claim, ours, done.wall if done else None, bound, peer.missing)

    theirs = found.get((peer.name, _OPEN))
    opened = opening.calls.api["POST /pulls"]
    each = "API calls for each merge request opened, statuses apart"
    idle = "API calls of a tick that finds nothing to do"
    return [
        Gate("opening, to the floor", alike / bare, FLOOR, at_least=False),
        against(_OPEN, "Renovate's opening, to Fairlead's", alike, FASTER),
        against(_DEFAULT, "Renovate with nothing to do, to a tick", tick.wall, IDLE),
        against(_TUNED, "the same with its caches kept, to a tick", tick.wall, IDLE_TUNED),
        at_least(
            "Renovate's memory, to Fairlead's",
            opening.peak or 1.0,
            theirs.peak if theirs else None,
            MEMORY,
            peer.missing,
        ),
        Gate(each, opening.calls.of_api / opened, CALLS, at_least=False),
        Gate(idle, float(tick.calls.of_api), IDLE_CALLS, at_least=False),
    ]


_APART = ("POST /statuses/*", "GET /commits/*/statuses")


def _row(who: str, what: str, done: Done) -> Sequence[str]:
    peak = "" if done.peak is None else number(done.peak)
    figures = (number(done.wall), number(done.cpu), peak)
    return (who, what, *figures, str(done.calls.of_api), str(done.calls.git))


def _notes(found: Found) -> Sequence[str]:
    return tuple(
        f"{who}, {what}: "
        + ", ".join(f"{n} x `{c}`" for c, n in sorted(done.calls.api.items()))
        + "."
        for (who, what), done in found.items()
        if who == _WE
    )


def _expect(there: Ground, path: str) -> None:
    opened = len(there.opened(path))
    if opened != len(there.apps):
        raise Unexpected(f"{opened} merge requests are open in {path}, not {len(there.apps)}")


def _floor(there: Ground, name: str, *, marked: bool) -> Done:
    path = there.fleet(name)
    began = time.perf_counter()
    with there.counted() as calls:
        there.floor(path, marked=marked)
        wall = time.perf_counter() - began
    return Done(wall, 0.0, None, calls[0])


class _Fairlead:
    def __init__(self, there: Ground) -> None:
        self._there = there
        self.path = there.fleet("fleet")
        directory = there.directory / "fairlead"
        directory.mkdir()
        settings = directory / "settings.toml"
        settings.write_text(
            _SETTINGS.format(
                fleet=there.url(self.path),
                work=directory / "work",
                gitea=there.gitea.url,
                registry=there.registry.url,
            ),
            encoding="utf-8",
        )
        self._environment = {
            "FAIRLEAD_SETTINGS": str(settings),
            "FAIRLEAD_FORGE_TOKEN": there.token.reveal(),
            "FAIRLEAD_STATE_KEY": "of-a-benchmark-" * 3,
        }
        self._run("state", "init")

    def _run(self, *words: str) -> Run:
        command = (PYTHON, "-m", "bot.cli", *words)
        return process.run(command, environment=self._environment)

    def once(self) -> Done:
        with self._there.counted() as calls:
            run = self._run("run", "--once")
        return Done(run.wall, run.cpu, run.peak, calls[0])

    def opens(self) -> tuple[Done, Done]:
        """A process whose first tick opens them; apart from it, its second, which says statuses."""
        with self._there.counted() as calls:
            run = self._process(2)
        (_, later), (_, cpu) = run.told["seconds"], run.told["cpu"]
        apart = Counter({c: n for c, n in calls[0].api.items() if c.startswith(_APART)})
        opened = Calls(calls[0].api - apart, calls[0].git)
        return (
            Done(run.wall - later, run.cpu - cpu, run.peak, opened),
            Done(later, cpu, None, Calls(apart, 0)),
        )

    def ticks(self, count: int) -> Done:
        """The median of some that find nothing to do; the calls of the last."""
        told = self._ticked(count)
        with self._there.counted() as few:
            self._ticked(1)
        with self._there.counted() as more:
            self._ticked(2)
        calls = Calls(more[0].api - few[0].api, more[0].git - few[0].git)
        return Done(median(told["seconds"][1:]), median(told["cpu"][1:]), None, calls)

    def _ticked(self, count: int) -> Mapping[str, list[float]]:
        told: Mapping[str, list[float]] = self._process(count + 1).told
        if told["wrote"]:
            raise Unexpected("a tick wrote where there was nothing to do")
        return told

    def _process(self, ticks: int) -> Run:
        command = (*process.ours("fairlead_ticks.py"), str(ticks))
        return process.run(command, environment=self._environment)

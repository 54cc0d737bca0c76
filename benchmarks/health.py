"""Reading the health of many apps from a real API server."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import process
from benchmarks.health_ground import BOT, HealthGround, ground
from benchmarks.model import Gate, Measurement, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.process import Run
from tests.real.flux.programs import API_SERVER

APPS = 1000
ENVIRONMENTS = ("dev", "stage", "prod")
SECONDS, MEMORY = 5.0, 200.0
PAGES_OF = 500

_TITLE = "Reading health from a cluster"
_COLUMNS = ("who", "wall s", "CPU s", "peak MiB", "server CPU s", "calls")
_CURL = "curl, the same kinds in one answer each"
_KINDS = (
    "kustomizations.kustomize.toolkit.fluxcd.io",
    "helmreleases.helm.toolkit.fluxcd.io",
    "gitrepositories.source.toolkit.fluxcd.io",
    "deployments.apps",
)
_PATHS = (
    "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
    "/apis/helm.toolkit.fluxcd.io/v2/helmreleases",
    "/apis/source.toolkit.fluxcd.io/v1/gitrepositories",
    "/apis/apps/v1/deployments",
)


class Unexpected(Exception):
    """What came back is not what is there, so its time says nothing."""


def measure(peers: Peers, *, apps: int = APPS) -> Measurement:
    """Ours and the peers on one server, one after the other."""
    shared = Path(os.environ.get("FAIRLEAD_SHARED") or process.ROOT.parent / "shared")
    if not (API_SERVER.program.exists() and (shared / "schemas").is_dir()):
        why = "the API server or Flux's CRDs are absent"
        return Measurement(
            _TITLE, why, _COLUMNS, [row_absent("API server", _COLUMNS)], _gates(None)
        )
    with (
        tempfile.TemporaryDirectory() as temporary,
        ground(Path(temporary) / "server", shared, apps, ENVIRONMENTS) as there,
    ):
        ours = _ours(there, apps)
        found = [_row("Fairlead", ours), *_peers(there, peers.kubectl, Path(temporary))]
    work = (
        f"{apps} apps in {len(ENVIRONMENTS)} environments on one real API server with etcd: a "
        "Kustomization, a HelmRelease and a Deployment of each, with status and managed fields. "
        "Everything on the same cores, in processes of their own, start and imports included. "
        "Fairlead judges what it reads: every app has to come out healthy, with its digest. "
        "Calls are counted by the server."
    )
    notes = [
        (
            f"Of Fairlead's time {number(ours.run.told['seconds'])} s are the reading itself, "
            f"{number(ours.run.told['cpu'])} s of CPU."
        ),
        (
            "The peers only fetch: nothing is judged. kubectl pages as Fairlead does; curl asks "
            "for each kind whole."
        ),
    ]
    return Measurement(_TITLE, work, _COLUMNS, found, _gates((ours, apps)), notes)


@dataclass(frozen=True, slots=True)
class _Done:
    """A run, and what the server did for it: seconds of CPU, and lists."""

    run: Run
    server: float
    calls: int


def _timed(there: HealthGround, command: Sequence[str], directory: Path) -> _Done:
    cpu, calls = there.cpu(), there.lists()
    run = process.run(command, environment={"HOME": str(directory)})
    return _Done(run, there.cpu() - cpu, there.lists() - calls)


def _ours(there: HealthGround, apps: int) -> _Done:
    server = there.server
    files = (str(server.certificate), str(there.token))
    program = process.ours("fairlead_health.py")
    done = _timed(
        there, (*program, server.url, *files, str(apps), *ENVIRONMENTS), there.token.parent
    )
    every = apps * len(ENVIRONMENTS)
    if done.run.told["states"] != {"ready": every} or done.run.told["digests"] != every:
        raise Unexpected(f"of {every} apps: {done.run.told}")
    return done


def _peers(there: HealthGround, kubectl: Peer, directory: Path) -> Iterator[Sequence[str]]:
    server = there.server
    if kubectl.command is None:
        yield row_absent(kubectl.name, _COLUMNS)
    else:
        config = f"--kubeconfig={server.kubeconfig(BOT)}"
        asked = ("get", ",".join(_KINDS), "--all-namespaces", "--output=json")
        done = _timed(there, (*kubectl.command, config, *asked), directory)
        yield _row(f"{kubectl.name}, get -A -o json", done)
    told = directory / "curl"
    told.write_text(
        f'header = "Authorization: Bearer {server.token(BOT)}"\ncacert = "{server.certificate}"\n'
        + "".join(f'url = "{server.url}{path}"\n' for path in _PATHS)
    )
    yield _row(_CURL, _timed(there, ("curl", "--silent", "--config", str(told)), directory))


def _row(who: str, done: _Done) -> Sequence[str]:
    run = done.run
    figures = (run.wall, run.cpu, run.peak, done.server)
    return (who, *map(number, figures), str(done.calls))


def _gates(found: tuple[_Done, int] | None) -> Sequence[Gate]:
    why, bound = "the API server is absent", 0
    figures: tuple[float | None, ...] = (None, None, None)
    if found is not None:
        done, apps = found
        why, figures = "", (done.run.told["seconds"], done.run.peak, done.calls)
        # Pages of three kinds, and the one source.
        bound = 3 * -(-apps * len(ENVIRONMENTS) // PAGES_OF) + 1
    bounds = (
        ("the reading itself", SECONDS, "s"),
        ("peak", MEMORY, "MiB"),
        ("calls", bound, "calls"),
    )
    return [
        Gate(claim, measured, limit, at_least=False, unit=unit, why=why)
        for (claim, limit, unit), measured in zip(bounds, figures, strict=True)
    ]

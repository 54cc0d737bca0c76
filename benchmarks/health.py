"""Reading the health of many apps from a real API server."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import process
from benchmarks.health_ground import HealthGround, ground
from benchmarks.model import Gate, Measurement, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.process import Run
from tests.real.flux.programs import API_SERVER

APPS = 1000
ENVIRONMENTS = ("dev", "stage", "prod")
SECONDS, MEMORY = 5.0, 200.0
PAGES_OF = 500

_TITLE = "Reading health from a cluster"
_COLUMNS = ("who", "wall s", "CPU s", "peak MiB", "calls")
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
        run, calls = _ours(there, apps)
        found = [_row("Fairlead", run, calls), *_peers(there, peers.kubectl, Path(temporary))]
    work = (
        f"{apps} apps in {len(ENVIRONMENTS)} environments on one real API server with etcd: a "
        "Kustomization, a HelmRelease and a Deployment of each, with status and managed fields. "
        "Everything on the same cores, in processes of their own, start and imports included. "
        "Fairlead judges what it reads: every app has to come out healthy, with its digest. "
        "Calls are counted by the server."
    )
    notes = [
        (
            f"Of Fairlead's time {number(run.told['seconds'])} s are the reading itself, "
            f"{number(run.told['cpu'])} s of CPU."
        ),
        (
            "The peers only fetch: nothing is judged. kubectl pages as Fairlead does; curl asks "
            "for each kind whole."
        ),
    ]
    return Measurement(_TITLE, work, _COLUMNS, found, _gates((run, calls, apps)), notes)


def _ours(there: HealthGround, apps: int) -> tuple[Run, int]:
    before = there.lists()
    server = there.server
    run = process.run(
        (
            *process.ours("fairlead_health.py"),
            *(server.url, str(server.certificate), str(there.token), str(apps), *ENVIRONMENTS),
        )
    )
    every = apps * len(ENVIRONMENTS)
    if run.told["states"] != {"ready": every} or run.told["digests"] != every:
        raise Unexpected(f"of {every} apps: {run.told}")
    return run, there.lists() - before


def _peers(there: HealthGround, kubectl: Peer, directory: Path) -> Sequence[Sequence[str]]:
    server = there.server
    rows: list[Sequence[str]] = []
    if kubectl.command is not None:
        before = there.lists()
        run = process.run(
            (
                *kubectl.command,
                f"--kubeconfig={server.kubeconfig('bot')}",
                *("get", ",".join(_KINDS), "--all-namespaces", "--output=json"),
            ),
            environment={"HOME": str(directory)},
        )
        rows.append(_row(f"{kubectl.name}, get -A -o json", run, there.lists() - before))
    else:
        rows.append(row_absent(kubectl.name, _COLUMNS))
    config = directory / "curl"
    config.write_text(
        f'header = "Authorization: Bearer {server.token("bot")}"\ncacert = "{server.certificate}"\n'
        + "".join(f'url = "{server.url}{path}"\n' for path in _PATHS)
    )
    before = there.lists()
    run = process.run(("curl", "--silent", "--fail", "--config", str(config)))
    rows.append(_row(_CURL, run, there.lists() - before))
    return rows


def _row(who: str, run: Run, calls: int) -> Sequence[str]:
    return (who, number(run.wall), number(run.cpu), number(run.peak), str(calls))


def _gates(found: tuple[Run, int, int] | None) -> Sequence[Gate]:
    if found is None:
        why = "the API server is absent"
        run, calls, bound = None, None, 0
    else:
        why = ""
        run, calls, apps = found
        # Pages of three kinds, and the one source.
        bound = 3 * -(-apps * len(ENVIRONMENTS) // PAGES_OF) + 1
    return [
        Gate("wall time", run.wall if run else None, SECONDS, at_least=False, unit="s", why=why),
        Gate("peak", run.peak if run else None, MEMORY, at_least=False, unit="MiB", why=why),
        Gate("calls, by pages", calls, bound, at_least=False, unit="calls", why=why),
    ]

"""Flux's real kustomize-controller, beside an API server that has Flux's CRDs.

See `tests.real.flux.programs` for how to get it.
"""

import time
from pathlib import Path
from typing import Self

import requests

from tests.real.flux import programs
from tests.real.flux.process import Running, free_port
from tests.real.flux.server import ADMINISTRATOR, ApiServer

NAMESPACE = "flux-system"
_START_TIME = 120.0
_ATTEMPTS = 3


class KustomizeController:
    """Runs from the moment it is made until it is stopped.

    Args:
        server: what it works on; the namespace `flux-system` is made there.
        directory: of its own; made where it is not there.
    """

    def __init__(self, server: ApiServer, directory: Path) -> None:
        program = programs.kustomize_controller()
        directory.mkdir(parents=True, exist_ok=True)
        meta = {"name": NAMESPACE}
        server.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        variables = {
            "RUNTIME_NAMESPACE": NAMESPACE,
            "KUBECONFIG": str(server.kubeconfig(ADMINISTRATOR)),
            "TMPDIR": str(directory),
        }
        self.log = directory / "kustomize-controller.log"
        for _ in range(_ATTEMPTS):
            health = f"127.0.0.1:{free_port()}"
            command = [str(program), f"--health-addr={health}", *_FLAGS]
            self._running = Running(command, self.log, variables)
            if self._answers(f"http://{health}/readyz"):
                return
            self.stop()
        raise RuntimeError(self.log.read_text()[-5000:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it."""
        self._running.stop()

    def _answers(self, url: str) -> bool:
        deadline = time.monotonic() + _START_TIME
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline and not self._running.ended:
                try:
                    if session.get(url, timeout=5).ok:
                        return True
                except requests.RequestException:
                    time.sleep(0.05)
        return False


_FLAGS = (
    "--watch-all-namespaces",
    "--metrics-addr=127.0.0.1:0",
    "--enable-leader-election=false",
    "--log-level=info",
    # How soon what waits for another is looked at again; half a minute unless told.
    "--requeue-dependency=1s",
    "--interval-jitter-percentage=0",
    "--concurrent=8",
    # As Flux has it by itself since 2.9; it is what Fairlead's fleets are written for.
    "--feature-gates=StrictPostBuildSubstitutions=true",
)

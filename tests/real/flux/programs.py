"""kube-apiserver and Flux's kustomize-controller from their sources, and Debian's etcd.

Get the first two by `python -m tests.real.flux.programs`: they are built once, with Go (see
`tests.real.go_tool`), in seven minutes on two idle cores; `.ci/run` does it. The `go.mod` of each
pins every version. etcd comes by `apt-get install etcd-server`.
"""

import shutil
from pathlib import Path

from tests.real import require
from tests.real.go_tool import GoTool

_HERE = Path(__file__).parent
_HOW = "python -m tests.real.flux.programs builds it once, in minutes"

API_SERVER = GoTool(
    "kube-apiserver",
    "1.36.3",
    source=_HERE / "kube_apiserver" / "go.mod",
    module="k8s.io/kubernetes",
    package="k8s.io/kubernetes/cmd/kube-apiserver",
    # Clients decide by what /version says.
    flags=("-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3"),
)
CONTROLLER = GoTool(
    "kustomize-controller",
    "1.9.5",
    source=_HERE / "kustomize_controller" / "go.mod",
    module="github.com/fluxcd/kustomize-controller",
    flags=("-ldflags", "-s -w"),
)


def api_server() -> Path:
    """The program; skips or fails the test without it."""
    return require(f"kube-apiserver {API_SERVER.version} ({_HOW})", API_SERVER.program)


def kustomize_controller() -> Path:
    """The program; skips or fails the test without it."""
    return require(f"kustomize-controller {CONTROLLER.version} ({_HOW})", CONTROLLER.program)


def etcd() -> Path:
    """The program; skips or fails the test without it."""
    return require("etcd (apt-get install etcd-server)", shutil.which("etcd"))


if __name__ == "__main__":
    for tool in (API_SERVER, CONTROLLER):
        print(tool.build())

"""The programs that Fairlead is compared with: where `install-peers` put them, if it could."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import PROGRAMS

_HERE = Path(__file__).resolve().parent
INSTALL = "run benchmarks/install-peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with; `command` is None where it is not installed."""

    name: str
    command: tuple[str, ...] | None

    @property
    def missing(self) -> str:
        """What a gate says that needs this peer."""
        return f"{self.name} is absent"


@dataclass(frozen=True, slots=True)
class Peers:
    """Every peer, installed or not, by what it is asked to do."""

    ruamel_edit: Peer
    go_edit: Peer
    node_edit: Peer
    ruamel_bump: Peer
    pyyaml_index: Peer
    renovate: Peer
    semver_newest: Peer
    kustomize: Peer
    kubeconform: Peer
    kubectl: Peer

    @classmethod
    def found(cls) -> "Peers":
        """Those below FAIRLEAD_CACHE, else ~/.cache/fairlead."""
        return cls.below(
            Path(os.environ.get("FAIRLEAD_CACHE") or Path.home() / ".cache/fairlead") / "peers"
        )

    @classmethod
    def below(cls, root: Path) -> "Peers":
        """Those below a directory."""
        pinned = versions()
        python = root / _python_directory(pinned) / "bin" / "python"
        node = shutil.which("node") or "node"
        modules = root / f"node-yaml-{pinned['NODE_YAML']}" / "node_modules"
        renovate = root / f"renovate-{pinned['RENOVATE']}/node_modules/renovate/dist/renovate.js"
        source = hashlib.sha256((PROGRAMS / "yaml_v3" / "main.go").read_bytes()).hexdigest()[:12]
        # CI builds it for the tests, beside the peers.
        kustomize = root.parent / f"kustomize-{pinned['KUSTOMIZE']}" / "kustomize"
        kubeconform = root / f"kubeconform-{pinned['KUBECONFORM']}" / "kubeconform"
        kubectl = root.parent / f"kubectl-{pinned['KUBECTL']}" / "kubectl"
        go = root / f"yaml.v3-{pinned['GO_YAML']}-{source}" / "yaml_v3"

        def of_python(name: str, program: str) -> Peer:
            return _peer(name, python, str(python), str(PROGRAMS / "peers" / program))

        return cls(
            of_python(f"ruamel.yaml {pinned['RUAMEL']}", "ruamel_edit.py"),
            _peer(f"Go yaml.v3 {pinned['GO_YAML']}", go, str(go)),
            _peer(
                f"Node yaml {pinned['NODE_YAML']}",
                modules / "yaml" / "package.json",
                *(node, str(PROGRAMS / "yaml_edit.mjs"), str(modules)),
            ),
            of_python(f"ruamel.yaml {pinned['RUAMEL']}", "ruamel_bump.py"),
            of_python(f"PyYAML {pinned['PYYAML']}, pure Python", "pyyaml_index.py"),
            _peer(f"Renovate {pinned['RENOVATE']}", renovate, node, str(renovate)),
            of_python(f"semver {pinned['SEMVER']}", "semver_newest.py"),
            _peer(f"kustomize {pinned['KUSTOMIZE']}", kustomize, str(kustomize)),
            _peer(f"kubeconform {pinned['KUBECONFORM']}", kubeconform, str(kubeconform)),
            _peer(f"kubectl {pinned['KUBECTL']}", kubectl, str(kubectl)),
        )


def versions() -> Mapping[str, str]:
    """What is pinned in `peers.versions`."""
    lines = (_HERE / "peers.versions").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _python_directory(pinned: Mapping[str, str]) -> str:
    """The environment is made anew for other versions, and for another Python."""
    of_python = ".".join(map(str, sys.version_info[:3]))
    wanted = (pinned["RUAMEL"], pinned["PYYAML"], pinned["SEMVER"])
    return "-".join(("python", of_python, *wanted))


def _peer(name: str, file: Path, *command: str) -> Peer:
    return Peer(name, command if file.exists() else None)

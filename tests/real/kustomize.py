"""The real kustomize: `.ci/run` builds it and puts it on PATH; elsewhere it may be absent."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.adapters import kustomize

REMEDY = "go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2, or `bash .ci/run`"


def executable() -> str | None:
    """Its path: on PATH, or where `.ci/run` keeps it; None when it is nowhere."""
    kept = Path(os.environ.get("FAIRLEAD_CACHE") or "/var/cache/fairlead")
    beside = sorted(kept.glob("kustomize-*/kustomize"))
    return kustomize.found() or (str(beside[-1]) if beside else None)


def built(kustomize: str, directory: Path, variables: Mapping[str, str]) -> list[dict[str, object]]:
    """The objects of a directory, with Flux's variables filled in; every one must be known."""
    done = subprocess.run(
        [kustomize, "build", str(directory)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), directory
    text = done.stdout
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text, directory
    return list(yaml.load_all(text, yaml.CSafeLoader))

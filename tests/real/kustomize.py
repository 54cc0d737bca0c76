"""The real kustomize: `.ci/run` builds it and puts it on PATH; elsewhere it may be absent."""

import os
from pathlib import Path

from bot.adapters import kustomize

REMEDY = "go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2, or `bash .ci/run`"


def executable() -> str | None:
    """Its path: on PATH, or where `.ci/run` keeps it; None when it is nowhere."""
    kept = Path(os.environ.get("FAIRLEAD_CACHE") or "/var/cache/fairlead")
    beside = sorted(kept.glob("kustomize-*/kustomize"))
    return kustomize.found() or (str(beside[-1]) if beside else None)

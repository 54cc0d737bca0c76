"""Kubernetes' own JSON schemas, as the distribution `kubernetes-validate` brings them along.

Only its data are read, and none of its code runs.
"""

import re
from importlib.util import find_spec
from pathlib import Path

from gitops.directory import read_directory
from gitops.tree import Tree

_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)-local-strict")


def newest() -> Tree | None:
    """The strict schemas of the newest Kubernetes it knows; None where it is not installed."""
    found = find_spec("kubernetes_validate")
    for place in (found.submodule_search_locations or ()) if found else ():
        kept = Path(place) / "kubernetes-json-schema"
        versions = {
            tuple(int(number) for number in match.groups()): path
            for path in (kept.iterdir() if kept.is_dir() else ())
            if (match := _VERSION.fullmatch(path.name))
        }
        if versions:
            return read_directory(versions[max(versions)])
    return None

"""The kinds that an API server is taught: Flux's own, and those of a fleet's components."""

import tarfile
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.real.flux.api import Api, Object, plural

_VERSION, _KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
_PATIENCE = 60.0


@cache
def flux(shared: Path) -> tuple[Object, ...]:
    """The definitions of Flux 2.9: sources, Kustomizations, HelmReleases, notifications."""
    with tarfile.open(shared / "schemas" / "flux-crds.tar.gz") as archive:
        files = (each for each in archive if each.name.endswith(".yaml"))
        read = (archive.extractfile(each) for each in files)
        files_read = [yaml.load_all(each, yaml.CSafeLoader) for each in read if each]
        return tuple(one for documents in files_read for one in documents if one)


def foreign(version: str, kind: str, *, namespaced: bool = True) -> Object:
    """A definition that lets anything pass.

    Args:
        version: group and version, as an object's `apiVersion` says it.
    """
    group, _, number = version.partition("/")
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served: dict[str, Any] = {
        "name": number,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
        "subresources": {"status": {}},
    }
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural(kind)}
    return {
        "apiVersion": _VERSION,
        "kind": _KIND,
        # Without it the server refuses groups of Kubernetes' own.
        "metadata": {
            "name": f"{plural(kind)}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests alone"},
        },
        "spec": {
            "group": group,
            "names": {**names, "singular": kind.lower()},
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [served],
        },
    }


def teach(api: Api, definitions: Iterable[Object]) -> None:
    """Apply definitions, and wait until the server answers for their kinds."""
    taught = [api.apply(each)["spec"] for each in definitions]
    deadline = time.monotonic() + _PATIENCE
    for spec in taught:
        version, kind = f"{spec['group']}/{spec['versions'][0]['name']}", spec["names"]["kind"]
        while not api.knows(version, kind):
            if time.monotonic() > deadline:
                raise AssertionError(f"the server does not come to know {kind} of {version}")
            time.sleep(0.05)

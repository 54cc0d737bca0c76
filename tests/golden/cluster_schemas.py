"""The schemas of Kubernetes and of the platform's resources, as the reference material has them."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import jsonschema

_CORE = "core"


@cache
def _schemas(path: Path) -> Mapping[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    with tarfile.open(path / "schemas" / "schemas.tar.gz") as archive:
        for member in archive:
            name = member.name.removeprefix("./").split("/", 1)[-1]
            data = archive.extractfile(member)
            if name.endswith(".json") and data is not None:
                found.setdefault(name, json.loads(data.read()))
    return found


def faults(shared: Path, manifest: Mapping[str, object]) -> Iterator[str]:
    """What a schema says against an object; that there is none, where there is none."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    kind = str(manifest["kind"]).lower()
    schema = _schemas(shared).get(f"{group or _CORE}/{kind}_{version}.json")
    metadata = manifest["metadata"]
    assert isinstance(metadata, Mapping)
    title = f"{manifest['kind']} {metadata.get('name')}"
    if schema is None:
        yield f"{title}: no schema of {group or _CORE}/{version}"
        return
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        yield f"{title}: {error.json_path}: {error.message[:200]}"

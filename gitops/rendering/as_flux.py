"""The kustomization.yaml that Flux builds: the directory's own, and what the Kustomization adds.

Flux writes one where there is none, which lists what lies below; then it puts into it what the
Flux Kustomization says: its namespace, prefix and suffix replace, images replace those of the same
name, patches and components come last. Common metadata it sets on what was built.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/ and the package `kustomize` of
fluxcd/pkg.
"""

import json
from collections.abc import Mapping, Sequence

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.flux_objects import mapping, sequence, text

_HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_PATCH = ("patch", "target")
_IMAGE = ("name", "newName", "newTag", "digest")
_REPLACED = {
    "targetNamespace": "namespace",
    "namePrefix": "namePrefix",
    "nameSuffix": "nameSuffix",
}


def adds(spec: Mapping[str, object]) -> bool:
    """Whether a Flux Kustomization adds anything to what it builds."""
    fields = (*_REPLACED, "images", "patches", "components", "commonMetadata")
    return any(spec.get(field) for field in fields)


def written(
    own: tuple[str, bytes] | None, below: Sequence[str], spec: Mapping[str, object]
) -> bytes:
    """The kustomization.yaml that is built, as JSON.

    Args:
        own: path and bytes of the directory's own; None where it has none.
        below: then, what lies below it, relative to it.
        spec: the Flux Kustomization's `spec`; empty where none applies the directory.

    Raises:
        InvalidInput: the directory's own cannot be read.
    """
    value: dict[str, object] = {**_HEAD, "resources": list(below)}
    if own is not None:
        value = _read(*own)
    for field, its in _REPLACED.items():
        said = text(spec.get(field))
        if said is not None:
            value[its] = said
    _extend(value, "patches", [_only(each, _PATCH) for each in sequence(spec.get("patches"))])
    _extend(value, "components", sequence(spec.get("components")))
    _images(value, [_only(each, _IMAGE) for each in sequence(spec.get("images"))])
    _extend(value, "transformers", _common(mapping(spec.get("commonMetadata"))))
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def _read(path: str, data: bytes) -> dict[str, object]:
    found = [document.data() for document in documents(path, data)]
    value = found[0] if found else {}
    if not isinstance(value, dict):
        raise InvalidInput("is no kustomization", "write it as a mapping", Place(path))
    return {**_HEAD, **value}


def _key(value: Mapping[str, object], field: str) -> str:
    """The key as the file spells it: kustomize reads `Resources` as `resources`."""
    return next((key for key in value if key.casefold() == field.casefold()), field)


def _extend(value: dict[str, object], field: str, more: Sequence[object]) -> None:
    if more:
        key = _key(value, field)
        value[key] = [*sequence(value.get(key)), *more]


def _images(value: dict[str, object], images: Sequence[Mapping[str, object]]) -> None:
    if not images:
        return
    key = _key(value, "images")
    entries = [mapping(each) for each in sequence(value.get(key))]
    for image in images:
        same = [i for i, each in enumerate(entries) if each.get("name") == image.get("name")]
        if same:
            entries[same[0]] = image
        else:
            entries.append(image)
    value[key] = entries


def _only(value: object, keys: Sequence[str]) -> Mapping[str, object]:
    return {key: each for key, each in mapping(value).items() if key in keys}


def _common(metadata: Mapping[str, object]) -> list[str]:
    """Transformers that set labels and annotations on the objects themselves and nowhere else."""
    found = []
    for field, kind in (("labels", "LabelTransformer"), ("annotations", "AnnotationsTransformer")):
        if metadata.get(field):
            transformer = {
                "apiVersion": "builtin",
                "kind": kind,
                "metadata": {"name": f"common-{field}"},
                field: metadata[field],
                "fieldSpecs": [{"path": f"metadata/{field}", "create": True}],
            }
            # A newline tells kustomize that this is the text itself and no file's name.
            found.append(json.dumps(transformer, ensure_ascii=False) + "\n")
    return found

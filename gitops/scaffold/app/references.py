"""`kustomizeconfig.yaml`: the names in an app's manifests that kustomize would not follow."""

from collections.abc import Iterable

from gitops.document import Address, documents
from gitops.scaffold.app.parts import Resource
from gitops.scaffold.template import filled, template

FILE = "kustomizeconfig.yaml"

_TEMPLATE = f"app/{FILE}"
_GENERATED = "ConfigMap"
_RULES: Address = ("nameReference",)
_IMAGES: Address = ("images",)


def references(resources: Iterable[Resource]) -> bytes | None:
    """What kustomize has to be told for these manifests; None where it knows everything."""
    kinds = {
        document.text("kind") for each in resources for document in documents(each.file, each.data)
    }
    rules = documents(_TEMPLATE, template(_TEMPLATE))[0]
    dropped: list[Address] = []
    kept = 0
    for index in rules.keys(*_RULES):
        fields: Address = (*_RULES, index, "fieldSpecs")
        gone = [i for i in rules.keys(*fields) if rules.text(*fields, i, "kind") not in kinds]
        named = rules.text(*_RULES, index, "kind")
        if len(gone) == len(rules.keys(*fields)) or named not in {*kinds, _GENERATED}:
            dropped.append((*_RULES, index))
        else:
            kept += 1
            dropped += [(*fields, each) for each in gone]
    if "HelmRelease" not in kinds:
        dropped.append(_IMAGES)
    return filled(_TEMPLATE, dropped=dropped) if kept else None

"""What a kustomization.yaml says that kustomize or Flux does not take, or not for long.

Source: `api/types` of kustomize v5 (kustomization.go, patch.go, image.go, ...), which refuses every
field that it does not know.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles
from gitops.config.faults import nearest
from gitops.document import Address, Document
from gitops.errors import InvalidInput
from gitops.inclusion.kustomization import Includes, Link, read_kustomization

_FIELDS = (
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
)
_GENERATOR = ("name", "namespace", "behavior", "literals", "files", "envs", "env", "options")
_SELECTOR = (
    *("group", "version", "kind", "name", "namespace"),
    *("labelSelector", "annotationSelector"),
)
_INNER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patches": ("path", "patch", "target", "options"),
        "images": ("name", "newName", "newTag", "digest", "tagSuffix"),
        "replicas": ("name", "count"),
        "labels": ("pairs", "includeSelectors", "includeTemplates", "fields"),
        "configMapGenerator": _GENERATOR,
        "secretGenerator": (*_GENERATOR, "type"),
    }
)
"""What the entries of a list may have; of other lists nothing is said here."""

_DEPRECATED = MappingProxyType(
    {
        "bases": "name them under `resources`",
        "commonLabels": "write `labels`, with `includeSelectors: true` where selectors have them",
        "helmChartInflationGenerator": "write a HelmRelease: Flux builds without helm",
        "imageTags": "write `images`",
        "patchesJson6902": "write them under `patches`",
        "patchesStrategicMerge": "write them under `patches`",
        "vars": "write `replacements`",
    }
)
"""Source: `kustomize build` warns of each of these; `kustomize edit fix` rewrites them."""

_CHARTS = ("helmCharts", "helmChartInflationGenerator")
_PATHS = frozenset({"resources", "bases", "components"})


def fields(files: SourceFiles) -> Iterator[Finding]:
    """FL407: an unknown field. FL412: a deprecated one. FL419: a chart, which Flux does not render.

    Source of the last: fluxcd/pkg, `kustomize.Build` leaves helm switched off.
    """
    for document in files.documents(Role.KUSTOMIZATION):
        for name in map(str, document.keys()):
            known = _known(name, _FIELDS)
            if known is None:
                yield _unknown(document, (name,), _FIELDS)
            elif known in _INNER:
                yield from _entries(document, name, _INNER[known])
            if known is not None and known in _DEPRECATED:
                told = f"kustomize will not know `{known}` for ever: it is deprecated"
                hint = _DEPRECATED[known]
                yield Finding("FL412", Severity.WARNING, document.places[(name,)], told, hint)
            if known in _CHARTS:
                told = f"`{known}`: Flux builds without helm, so nothing that includes this works"
                hint = "write a HelmRelease, or render the chart before you commit"
                yield Finding("FL419", Severity.ERROR, document.places[(name,)], told, hint)


def links(files: SourceFiles) -> Iterator[Finding]:
    """FL413: a base that is fetched from elsewhere. FL414: a variable in a path."""
    for path, data in files.with_role(Role.KUSTOMIZATION):
        try:
            found = read_kustomization(path, data).links
        except InvalidInput:
            continue
        for link in found:
            if is_variable(link):
                told = f"{link.field}: {link.target} is looked for as it stands there"
                hint = "Flux fills variables into what is built, not into this file: write it out"
                yield Finding("FL414", Severity.ERROR, link.place, told, hint)
            elif link.optional and link.field in _PATHS:
                told = f"{link.field}: {link.target} is fetched at every build"
                hint = "copy it into the fleet, or give it a source and a Flux Kustomization"
                yield Finding("FL413", Severity.WARNING, link.place, told, hint)


def is_variable(link: Link) -> bool:
    """Whether a link names a path with a variable in it, which nobody fills in."""
    of_plugin = link.optional and link.includes is Includes.TEXT
    return "${" in link.target and not of_plugin


def _entries(document: Document, field: str, known: tuple[str, ...]) -> Iterator[Finding]:
    for index in document.keys(field):
        for key in document.keys(field, index):
            if _known(str(key), known) is None:
                yield _unknown(document, (field, index, str(key)), known)
        for key in document.keys(field, index, "target"):
            if _known(str(key), _SELECTOR) is None:
                yield _unknown(document, (field, index, "target", str(key)), _SELECTOR)


def _known(name: str, fields: tuple[str, ...]) -> str | None:
    """The field that kustomize takes a key for; it reads `Resources` as `resources`."""
    if name in fields:
        return name
    return next((each for each in fields if each.casefold() == name.casefold()), None)


def _unknown(document: Document, address: Address, known: tuple[str, ...]) -> Finding:
    told = f"kustomize knows no field `{'.'.join(map(str, address))}`, and refuses to build this"
    hint = nearest(str(address[-1]), list(known)) or "remove it"
    return Finding("FL407", Severity.ERROR, document.places[address], told, hint)

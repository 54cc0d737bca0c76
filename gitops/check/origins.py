"""Where Flux takes charts, manifests and images from: sources and how they are reached.

Source: https://fluxcd.io/flux/components/source/
"""

import re
from collections.abc import Iterator
from typing import Final

from gitops.check.declared import Declared
from gitops.check.finding import Finding, Severity
from gitops.check.things import Thing

SOURCES: Final = "source.toolkit.fluxcd.io"
_IMAGES: Final = "image.toolkit.fluxcd.io"

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/]*@)?(?P<host>[^/:]+)")
_INSIDE = re.compile(r"localhost|127\.\d+\.\d+\.\d+|[^.]+|.+\.(?:svc|local|localhost|internal|lan)")
"""Hosts of the cluster itself, or of the place where it stands."""

_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_CLOUDS = (
    (re.compile(r"[a-z0-9]+\.azurecr\.(?:io|cn|us)"), "azure"),
    (re.compile(r"(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev"), "gcp"),
)
_PUBLIC = frozenset({"gcr.io", "mirror.gcr.io", "registry.k8s.io", "k8s.gcr.io"})
_ACCESS = ("secretRef", "serviceAccountName")


def insecure(declared: Declared) -> Iterator[Finding]:
    """FL501: bytes that anybody on the way may change. FL502: a repository without TLS."""
    for thing in _sources(declared, "OCIRepository", "HelmRepository", "Bucket", "ImageRepository"):
        where = thing.text("spec", "url") or thing.text("spec", "endpoint")
        where = where or thing.text("spec", "image") or ""
        if thing.text("spec", "insecure") == "true" and not _inside(where):
            told = f"{thing.title} takes what it gets over plain HTTP"
            place = thing.manifest.place("spec", "insecure")
            yield Finding("FL501", Severity.WARNING, place, told, "remove `insecure`")
    for thing in _sources(declared, "HelmRepository", "GitRepository"):
        url = thing.text("spec", "url") or ""
        if url.startswith("http://") and not _inside(url):
            told = f"{thing.title} is read from {url} without TLS"
            place = thing.manifest.place("spec", "url")
            hint = "write https://: whoever is on the way chooses what runs else"
            yield Finding("FL502", Severity.WARNING, place, told, hint)


def legacy(declared: Declared) -> Iterator[Finding]:
    """FL503: a HelmRepository of a registry."""
    for thing in _sources(declared, "HelmRepository"):
        if thing.text("spec", "type") == "oci":
            told = f"{thing.title} is of the type oci, which Flux keeps and does not develop"
            place = thing.manifest.place("spec", "type")
            hint = "write an OCIRepository, and `chartRef` in the HelmRelease"
            yield Finding("FL503", Severity.INFO, place, told, hint)


def unsigned(declared: Declared) -> Iterator[Finding]:
    """FL505: at the end of the way, bytes that nobody has signed."""
    for cluster in declared.clusters:
        if not (declared.guarded(cluster.environment) and declared.last(cluster.environment)):
            continue
        for thing in cluster.of("OCIRepository", group=SOURCES):
            own = (thing.kind, thing.name) == (cluster.own.kind, cluster.own.name)
            if not own and not thing.has("spec", "verify") and declared.untouched(thing, "verify"):
                told = f"{thing.title} has no `verify`: Flux takes whatever the registry gives"
                hint = "where its maker signs, write `verify` with the provider and who signs"
                yield Finding("FL505", Severity.INFO, thing.place, told, hint)


def access(declared: Declared) -> Iterator[Finding]:
    """FL506: a cloud's registry, and nothing says as whom it is asked."""
    for thing in _sources(declared, "OCIRepository", "HelmRepository", "ImageRepository"):
        url = thing.text("spec", "url") or f"oci://{thing.text('spec', 'image') or ''}"
        host = _host(url)
        provider = thing.text("spec", "provider") or "generic"
        if not url.startswith("oci://") or provider != "generic" or host in _PUBLIC:
            continue
        if any(thing.has("spec", field) for field in _ACCESS) or not declared.untouched(
            thing, "provider", "url", "image", *_ACCESS
        ):
            continue
        if _ECR.fullmatch(host):
            told = f"{thing.title} has neither `provider` nor `secretRef`, and {host} "
            told += "answers nobody whom it does not know"
            hint = "write `provider: aws`"
            yield Finding("FL506", Severity.WARNING, thing.place, told, hint)
        for pattern, name in _CLOUDS:
            if pattern.fullmatch(host):
                told = f"{thing.title} has neither `provider` nor `secretRef`: {host} answers only "
                told += "where anybody may pull"
                hint = f"write `provider: {name}`"
                yield Finding("FL506", Severity.INFO, thing.place, told, hint)


def _sources(declared: Declared, *kinds: str) -> Iterator[Thing]:
    for thing in declared.every(*kinds):
        if thing.group in {SOURCES, _IMAGES}:
            yield thing


def _host(url: str) -> str:
    found = _URL.match(url)
    return found["host"].lower() if found else ""


def _inside(url: str) -> bool:
    """Whether an address is of the cluster's own network, or a variable says it."""
    host = _host(url if "://" in url else f"oci://{url}")
    return "${" in url or _INSIDE.fullmatch(host) is not None

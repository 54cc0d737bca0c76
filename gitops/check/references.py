"""Whether the ConfigMaps and Secrets that pods ask for are there.

What makes a Secret in the cluster is known by the fields that say its name: External Secrets,
Sealed Secrets, the Vault operator, cert-manager and CloudNativePG.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gitops.check.finding import Finding, Severity
from gitops.check.pods import Workload, told, workloads
from gitops.check.rendered import Around, Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.rendering.model import Object

_MAKERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ExternalSecret": (("spec", "target", "name"), ("metadata", "name")),
    "PushSecret": (),
    "SealedSecret": (("spec", "template", "metadata", "name"), ("metadata", "name")),
    "VaultStaticSecret": (("spec", "destination", "name"),),
    "VaultDynamicSecret": (("spec", "destination", "name"),),
    "VaultPKISecret": (("spec", "destination", "name"),),
    "Certificate": (("spec", "secretName"),),
    "SopsSecret": (("metadata", "name"),),
    "Bundle": (("metadata", "name"),),
}
"""By kind, where the name of what it makes stands; the first that is there counts."""

_GIVEN = frozenset({"kube-root-ca.crt"})
"""ConfigMaps that every namespace has."""

_SUFFIXES = ("-app", "-superuser", "-ca", "-server", "-replication")
"""Of the Secrets that CloudNativePG makes for a Cluster."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a pod asks for; `key` is None where it takes all."""

    kind: str
    name: str
    key: str | None = None


def references(rendered: Rendered) -> Iterator[Finding]:
    """FL824: a ConfigMap, a Secret or a key that nobody makes."""
    for workload in workloads(rendered):
        namespace = workload.about.namespace
        if not rendered.around.closed(namespace):
            continue
        for ask in dict.fromkeys(_asks(workload)):
            there = rendered.around.named(ask.kind, namespace, ask.name)
            if there is None and not _made(rendered.around, namespace, ask):
                said = f"asks for the {ask.kind} {ask.name}, which nothing here makes"
                hint = "its pods do not start without: write it, or mark it `optional`"
                missing = told("FL824", workload.about, said, hint)
                # What is not released yet has time until then.
                yield replace(missing, severity=Severity.INFO) if rendered.asleep else missing
            elif there is not None and ask.key is not None and ask.key not in _keys(there):
                said = f"asks for {ask.key} of the {ask.kind} {ask.name}, which has no such key"
                yield told("FL824", workload.about, said, "correct the key")


def _asks(workload: Workload) -> Iterator[_Ask]:
    for container in workload.containers:
        for source in map(mapping, sequence(container.at("envFrom"))):
            yield from _ask("ConfigMap", source.get("configMapRef"))
            yield from _ask("Secret", source.get("secretRef"))
        for variable in map(mapping, sequence(container.at("env"))):
            source = mapping(variable.get("valueFrom"))
            yield from _ask("ConfigMap", source.get("configMapKeyRef"))
            yield from _ask("Secret", source.get("secretKeyRef"))
    for volume in map(mapping, sequence(workload.pod.get("volumes"))):
        projected = map(mapping, sequence(mapping(volume.get("projected")).get("sources")))
        for source in (volume, *projected):
            yield from _ask("ConfigMap", source.get("configMap"))
            yield from _ask("Secret", source.get("secret"), "secretName")


def _ask(kind: str, value: object, field: str = "name") -> Iterator[_Ask]:
    ref = mapping(value)
    name = text(ref.get(field)) or text(ref.get("name"))
    if name and ref.get("optional") is not True and "$" not in name and name not in _GIVEN:
        yield _Ask(kind, name, text(ref.get("key")))


def _keys(there: Object) -> set[str]:
    fields = ("data", "stringData", "binaryData")
    return {key for field in fields for key in there.mapping_at(field)}


def _made(around: Around, namespace: str, ask: _Ask) -> bool:
    for kind, addresses in _MAKERS.items():
        for maker in around.of(kind):
            name = next((n for steps in addresses if (n := maker.text_at(*steps))), "")
            # A bundle of trust-manager goes to every namespace.
            if name == ask.name and (maker.namespace == namespace or kind == "Bundle"):
                return True
    clusters = around.of("Cluster", namespace=namespace)
    return any(ask.name == f"{each.name}{suffix}" for each in clusters for suffix in _SUFFIXES)


RULES: tuple[RenderedRule, ...] = (references,)

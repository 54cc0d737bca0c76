"""API versions that no server serves any more.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the CRDs of Flux 2.9.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles, readable
from gitops.document import Document
from gitops.errors import Place

_SCREEN = re.compile(
    rb"apiVersion[\"']?\s*:\s*[\"']?(?:extensions/|[a-z0-9.]+/v[0-9]+(?:alpha|beta))"
)

_REMOVED: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "admissionregistration.k8s.io/v1beta1": {
            "MutatingWebhookConfiguration": ("1.22", "admissionregistration.k8s.io/v1"),
            "ValidatingWebhookConfiguration": ("1.22", "admissionregistration.k8s.io/v1"),
        },
        "apiextensions.k8s.io/v1beta1": {
            "CustomResourceDefinition": ("1.22", "apiextensions.k8s.io/v1")
        },
        "apiregistration.k8s.io/v1beta1": {"APIService": ("1.22", "apiregistration.k8s.io/v1")},
        "apps/v1beta1": {"Deployment": ("1.16", "apps/v1"), "StatefulSet": ("1.16", "apps/v1")},
        "apps/v1beta2": {
            "DaemonSet": ("1.16", "apps/v1"),
            "Deployment": ("1.16", "apps/v1"),
            "ReplicaSet": ("1.16", "apps/v1"),
            "StatefulSet": ("1.16", "apps/v1"),
        },
        "autoscaling/v2beta1": {"HorizontalPodAutoscaler": ("1.25", "autoscaling/v2")},
        "autoscaling/v2beta2": {"HorizontalPodAutoscaler": ("1.26", "autoscaling/v2")},
        "batch/v1beta1": {"CronJob": ("1.25", "batch/v1")},
        "coordination.k8s.io/v1beta1": {"Lease": ("1.22", "coordination.k8s.io/v1")},
        "discovery.k8s.io/v1beta1": {"EndpointSlice": ("1.25", "discovery.k8s.io/v1")},
        "extensions/v1beta1": {
            "DaemonSet": ("1.16", "apps/v1"),
            "Deployment": ("1.16", "apps/v1"),
            "Ingress": ("1.22", "networking.k8s.io/v1"),
            "NetworkPolicy": ("1.16", "networking.k8s.io/v1"),
            "PodSecurityPolicy": ("1.16", ""),
            "ReplicaSet": ("1.16", "apps/v1"),
        },
        "flowcontrol.apiserver.k8s.io/v1beta1": {
            "FlowSchema": ("1.26", "flowcontrol.apiserver.k8s.io/v1"),
            "PriorityLevelConfiguration": ("1.26", "flowcontrol.apiserver.k8s.io/v1"),
        },
        "flowcontrol.apiserver.k8s.io/v1beta2": {
            "FlowSchema": ("1.29", "flowcontrol.apiserver.k8s.io/v1"),
            "PriorityLevelConfiguration": ("1.29", "flowcontrol.apiserver.k8s.io/v1"),
        },
        "flowcontrol.apiserver.k8s.io/v1beta3": {
            "FlowSchema": ("1.32", "flowcontrol.apiserver.k8s.io/v1"),
            "PriorityLevelConfiguration": ("1.32", "flowcontrol.apiserver.k8s.io/v1"),
        },
        "networking.k8s.io/v1beta1": {
            "Ingress": ("1.22", "networking.k8s.io/v1"),
            "IngressClass": ("1.22", "networking.k8s.io/v1"),
        },
        "node.k8s.io/v1beta1": {"RuntimeClass": ("1.25", "node.k8s.io/v1")},
        "policy/v1beta1": {
            "PodDisruptionBudget": ("1.25", "policy/v1"),
            "PodSecurityPolicy": ("1.25", ""),
        },
        "rbac.authorization.k8s.io/v1beta1": {
            "ClusterRole": ("1.22", "rbac.authorization.k8s.io/v1"),
            "ClusterRoleBinding": ("1.22", "rbac.authorization.k8s.io/v1"),
            "Role": ("1.22", "rbac.authorization.k8s.io/v1"),
            "RoleBinding": ("1.22", "rbac.authorization.k8s.io/v1"),
        },
        "scheduling.k8s.io/v1beta1": {"PriorityClass": ("1.22", "scheduling.k8s.io/v1")},
        "storage.k8s.io/v1beta1": {
            "CSIDriver": ("1.22", "storage.k8s.io/v1"),
            "CSINode": ("1.22", "storage.k8s.io/v1"),
            "CSIStorageCapacity": ("1.27", "storage.k8s.io/v1"),
            "StorageClass": ("1.22", "storage.k8s.io/v1"),
            "VolumeAttachment": ("1.22", "storage.k8s.io/v1"),
        },
    }
)
"""By API version and kind: the Kubernetes that dropped it, and what to write; "" for nothing."""

_FLUX: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "helm.toolkit.fluxcd.io": {"HelmRelease": "v2"},
        "image.toolkit.fluxcd.io": {
            "ImagePolicy": "v1",
            "ImageRepository": "v1",
            "ImageUpdateAutomation": "v1",
        },
        "kustomize.toolkit.fluxcd.io": {"Kustomization": "v1"},
        "notification.toolkit.fluxcd.io": {
            "Alert": "v1beta3",
            "Provider": "v1beta3",
            "Receiver": "v1",
        },
        "source.toolkit.fluxcd.io": {
            "Bucket": "v1",
            "ExternalArtifact": "v1",
            "GitRepository": "v1",
            "HelmChart": "v1",
            "HelmRepository": "v1",
            "OCIRepository": "v1",
        },
    }
)
"""By group and kind: the one version that Flux 2.9 serves."""


def removed(files: SourceFiles) -> Iterator[Finding]:
    """FL417: a version that Kubernetes dropped. FL418: one that Flux dropped."""
    for path, data in files.with_role(Role.MANIFEST):
        if _SCREEN.search(data):
            for document in readable(path, data):
                yield from _kubernetes(document)
                yield from _flux(document)


def _kubernetes(document: Document) -> Iterator[Finding]:
    version, kind = document.api_version or "", document.kind or ""
    gone = _REMOVED.get(version, {}).get(kind)
    if gone is not None:
        since, instead = gone
        told = f"Kubernetes serves no {kind} of {version} since {since}, so it is not applied"
        hint = f"write {instead}, and the fields it has" if instead else "remove it"
        yield Finding("FL417", Severity.ERROR, _place(document), told, hint)


def _flux(document: Document) -> Iterator[Finding]:
    group, _, version = (document.api_version or "").partition("/")
    kind = document.kind or ""
    served = _FLUX.get(group, {}).get(kind)
    if served is not None and served != version:
        told = f"Flux 2.9 serves {kind} as {served} and no more as {version}"
        hint = f"write apiVersion: {group}/{served}; `flux migrate -f .` does it everywhere"
        yield Finding("FL418", Severity.WARNING, _place(document), told, hint)


def _place(document: Document) -> Place:
    return document.places[("apiVersion",)]

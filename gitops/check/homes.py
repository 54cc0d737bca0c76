"""Who lives in the namespaces that the NetworkPolicies of a new app name.

They are the scaffolder's: where one is missing, a component is.
"""

from collections.abc import Mapping

HOMES: Mapping[str, tuple[str, ...]] = {
    "cnpg-system": ("cloudnative-pg",),
    "gateway": ("nginx-ingress", "envoy-gateway"),
    "istio-system": ("istio",),
    "monitoring": ("kube-prometheus-stack",),
}
"""Namespaces, each with the components that `fairlead add component` puts there."""


def cure(namespace: str | None) -> str:
    """What is to do where a peer means this namespace, which is not there; None is any other."""
    names = HOMES.get(namespace or "", ())
    if not names:
        return "correct the selector"
    commands = " or ".join(f"`fairlead add component {name}`" for name in names)
    return f"correct the selector, or add what lives there: {commands}"

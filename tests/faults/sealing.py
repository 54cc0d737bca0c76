"""Faults of what SealedSecrets are sealed for: FL829, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault


def sealed(name: str, namespace: str, scope: str = "") -> str:
    """`keys` of the namespace shop, sealed for this name there; `scope` is its annotation."""
    annotations = f'annotations: {{sealedsecrets.bitnami.com/{scope}: "true"}}' if scope else ""
    return f"""\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: keys
  namespace: shop
  {annotations}
spec:
  encryptedData: {{KEY: AgBy8hCi8erSS8dJ}}
  template: {{metadata: {{name: {name}, namespace: {namespace}}}}}
"""


RENDERED_FAULTS = (
    RenderedFault("FL829", "another namespace", sealed("keys", "shop-dev"), sealed("keys", "shop")),
    RenderedFault("FL829", "another name", sealed("key", "shop"), sealed("keys", "shop")),
    RenderedFault(
        "FL829",
        "a scope that is too small",
        sealed("key", "shop-dev", "namespace-wide"),
        sealed("key", "shop", "namespace-wide"),
    ),
    RenderedFault(
        "FL829",
        "a namespace of its own",
        sealed("keys", "shop-dev", "namespace-wide"),
        sealed("keys", "shop-dev", "cluster-wide"),
    ),
)

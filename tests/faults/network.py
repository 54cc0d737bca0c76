"""Faults of what NetworkPolicies let through: FL96x.

They are planted in the objects of a cluster as kustomize gives them, so that nothing has to be
built: CLUSTER is one in which nothing is wrong. tests/unit/test_check_network.py asks the rules.
"""

from dataclasses import dataclass, field

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments, namespace: shop}
spec:
  template:
    metadata: {labels: {app.kubernetes.io/name: payments}}
    spec:
      dnsPolicy: ClusterFirst
      containers:
        - ports: [{name: http, containerPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: antaeus, namespace: antaeus}
spec:
  template:
    metadata: {labels: {app.kubernetes.io/name: antaeus}}
    spec:
      containers: [{name: antaeus}]
---
apiVersion: v1
kind: Service
metadata: {name: payments, namespace: shop}
spec:
  type: ClusterIP
  selector: {app.kubernetes.io/name: payments}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: antaeus}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: payments, namespace: shop}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: payments}}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: antaeus}}
          podSelector: {matchLabels: {app.kubernetes.io/name: antaeus}}
      ports: [{port: http}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: antaeus, namespace: antaeus}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: antaeus}}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
          podSelector: {matchLabels: {app.kubernetes.io/name: payments}}
      ports: [{port: http}]
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
      ports: [{port: 53, protocol: UDP}]
"""

DENY = "podSelector: {}, policyTypes: [Ingress, Egress]"
FROM = "kubernetes.io/metadata.name: antaeus"
POD = "podSelector: {matchLabels: {app.kubernetes.io/name: antaeus}}"
CHOSEN = "\nspec:\n  podSelector: {matchLabels: {app.kubernetes.io/name: payments}}"
NAMED = "ports: [{port: http}]"
DNS = "ports: [{port: 53, protocol: UDP}]"
OUT = "to: [{ipBlock: {cidr: 8.8.8.8/32}}]"
BALANCED = ("type: ClusterIP", "type: LoadBalancer")
HTTP = "{name: http, containerPort: 8080}"


@dataclass(frozen=True, slots=True)
class ObjectFault:
    """One fault among the objects of a cluster, as YAML, and the nearest thing that is right."""

    code: str
    name: str
    faulty: str
    near_miss: str
    also: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def changed(*pairs: tuple[str, str]) -> str:
    """CLUSTER with the first occurrence of each text replaced; it must have them."""
    text = CLUSTER
    for old, new in pairs:
        assert old in text, f"the cluster has no {old!r}"
        text = text.replace(old, new, 1)
    return text


def more(manifest: str, *pairs: tuple[str, str]) -> str:
    """CLUSTER, changed, with one more object."""
    return f"{changed(*pairs)}---\n{manifest}\n"


RELEASE = (
    "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: x, namespace: %s}}"
)
CILIUM = "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: x, namespace: %s}}"
NOT_THERE = f"{CHOSEN[:-2]}-v2}}}}"

OBJECT_FAULTS = (
    ObjectFault(
        "FL960",
        "a field with a slip",
        changed(("    - from:", "    - form:")),
        changed(("    - from:", '    - "from":')),
    ),
    ObjectFault(
        "FL960",
        "an exception outside of its block",
        more(
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, "
            "namespace: shop}, spec: {ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24, "
            "except: [198.51.101.0/25]}}]}]}}"
        ),
        more(
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, "
            "namespace: shop}, spec: {ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24, "
            "except: [198.51.100.0/25]}}]}]}}"
        ),
    ),
    ObjectFault(
        "FL960",
        "a port as text",
        changed((NAMED, "ports: [{port: '8080'}]")),
        changed((NAMED, "ports: [{port: '${PORT}'}]")),
    ),
    ObjectFault(
        "FL961",
        "no default for ingress",
        more(
            "{kind: Job, metadata: {name: x, namespace: shop}, spec: {template: {spec: "
            "{containers: [{name: x}]}}}}",
            (DENY, "podSelector: {}, policyTypes: [Egress]"),
        ),
        more(
            "{kind: Job, metadata: {name: x, namespace: shop}, spec: {template: {spec: "
            "{hostNetwork: true, containers: [{name: x}]}}}}",
            (DENY, "podSelector: {}, policyTypes: [Egress]"),
        ),
    ),
    ObjectFault(
        "FL962",
        "no default for egress",
        changed((DENY, "podSelector: {}, policyTypes: [Ingress]")),
        more(CILIUM % "shop", (DENY, "podSelector: {}, policyTypes: [Ingress]")),
    ),
    ObjectFault(
        "FL962",
        "directions left out",
        more(CILIUM % "antaeus", (DENY, "podSelector: {}")),
        changed((DENY, "podSelector: {}, egress: [{ports: [{port: 443}]}]")),
    ),
    ObjectFault(
        "FL963",
        "a label of another version",
        changed((CHOSEN, NOT_THERE)),
        more(RELEASE % "shop", (CHOSEN, NOT_THERE)),
    ),
    ObjectFault(
        "FL963",
        "labels that no pod has both",
        changed((CHOSEN, f"{CHOSEN[:-2]}, tier: web}}}}")),
        changed((CHOSEN, "\nspec:\n  podSelector: {}")),
    ),
    ObjectFault(
        "FL963",
        "a pod of another namespace",
        changed((CHOSEN, CHOSEN.replace("payments", "antaeus"))),
        changed(
            (CHOSEN, "\nspec:\n  podSelector: {matchLabels: {acme.cert-manager.io/solver: 'true'}}")
        ),
    ),
    ObjectFault(
        "FL964",
        "a name that the container has not",
        changed((NAMED, "ports: [{port: web}]")),
        changed(
            (NAMED, "ports: [{port: web}]"), (HTTP, f"{HTTP}, {{name: web, containerPort: 9}}")
        ),
    ),
    ObjectFault(
        "FL964",
        "a name with another protocol",
        changed((NAMED, "ports: [{port: http, protocol: UDP}]")),
        changed((NAMED, "ports: [{port: 8080, protocol: UDP}]")),
    ),
    ObjectFault(
        "FL964",
        "a name towards addresses",
        changed(
            (
                DNS,
                f"{DNS}\n    - {{{OUT}, ports: [{{port: http}}]}}",
            )
        ),
        changed(
            (
                DNS,
                f"{DNS}\n    - {{{OUT}, ports: [{{port: 80}}]}}",
            )
        ),
    ),
    ObjectFault(
        "FL964",
        "a name that the called pods have not",
        changed((f"payments}}}}\n      {NAMED}", "payments}}\n      ports: [{port: web}]")),
        more(
            RELEASE % "shop",
            (f"payments}}}}\n      {NAMED}", "payments}}\n      ports: [{port: web}]"),
        ),
    ),
    ObjectFault(
        "FL965",
        "a namespace with a slip",
        changed((FROM, f"{FROM}s")),
        more(RELEASE % "antaeuss", (FROM, f"{FROM}s")),
    ),
    ObjectFault(
        "FL965",
        "a pod with a slip",
        changed((POD, POD.replace("antaeus", "antaeos"))),
        more(RELEASE % "antaeus", (POD, POD.replace("antaeus", "antaeos"))),
    ),
    ObjectFault(
        "FL965",
        "a label that no namespace has",
        more(
            "{apiVersion: v1, kind: Namespace, metadata: {name: antaeus}}", (FROM, "team: antaeus")
        ),
        more(
            "{apiVersion: v1, kind: Namespace, metadata: {name: antaeus, labels: {team: antaeus}}}",
            (FROM, "team: antaeus"),
        ),
    ),
    ObjectFault(
        "FL966",
        "DNS by TCP alone",
        changed((DNS, "ports: [{port: 53, protocol: TCP}]")),
        changed((DNS, "ports: [{port: 50, endPort: 60, protocol: UDP}]")),
    ),
    ObjectFault(
        "FL966",
        "all ports of another namespace",
        changed(("kubernetes.io/metadata.name: kube-system}}}]\n      " + DNS, FROM + "}}}]")),
        changed(("kubernetes.io/metadata.name: kube-system}}}]\n      " + DNS, "}}}]")),
    ),
    ObjectFault(
        "FL966",
        "a rule for pods without one for DNS",
        changed((DNS, "ports: [{port: 80}]")),
        changed(
            (DNS, "ports: [{port: 80}]"),
            ("containers: [{name: antaeus}]", "{dnsPolicy: None, containers: [{name: antaeus}]}"),
        ),
    ),
    ObjectFault(
        "FL967",
        "a NodePort",
        changed(("type: ClusterIP", "type: NodePort")),
        changed(("type: ClusterIP", "type: null")),
    ),
    ObjectFault(
        "FL968",
        "callers from the cluster alone",
        changed(BALANCED),
        changed(BALANCED, ("    - from:", "    - from:\n        - ipBlock: {cidr: 8.8.8.0/24}")),
    ),
    ObjectFault(
        "FL968",
        "an address at another port",
        changed(BALANCED, ("  ingress:\n", "  ingress:\n    - ports: [{port: 80}]\n")),
        changed(BALANCED, ("  ingress:\n", "  ingress:\n    - ports: [{port: 8080}]\n")),
    ),
)

"""The objects of a cluster as nobody should write them: one of their nodes is something else."""

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import yaml
from hypothesis import strategies as st

TEXTS = st.sampled_from(
    (
        *("apiVersion", "kind", "metadata", "spec", "name", "namespace", "labels", "template"),
        *("v1", "networking.k8s.io/v1", "NetworkPolicy", "Namespace", "Pod", "Service", "TCP"),
        *("podSelector", "namespaceSelector", "ipBlock", "cidr", "except", "10.0.0.0/8", "In"),
        *("matchLabels", "matchExpressions", "operator", "values", "key", "ports", "port"),
        *("ingress", "egress", "from", "to", "policyTypes", "containers", "", "${X}", "\0"),
    )
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner)),
    max_leaves=12,
)


WHOLE: tuple[Mapping[str, Any], ...] = tuple(
    yaml.safe_load_all(
        """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: false
      dnsPolicy: ClusterFirst
      containers: [{name: web, ports: [{name: http, containerPort: 80, protocol: TCP}]}]
      initContainers: [{restartPolicy: Always, ports: [{containerPort: 81}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: ClusterIP
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http, protocol: TCP}, {port: 81, targetPort: 81}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [shop]}]}
          podSelector: {matchExpressions: [{key: app, operator: Exists}]}
        - ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/28]}
      ports: [{port: http}, {protocol: UDP, port: 1, endPort: 9}]
  egress: [{to: [{podSelector: {}}], ports: [{port: 80}]}]
"""
    )
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from paths(value[key], (*path, key))


def spoilt(value: Any, path: tuple[Any, ...], by: object) -> Any:
    if not path:
        return by
    changed = copy(value)
    changed[path[0]] = spoilt(value[path[0]], path[1:], by)
    return changed


@st.composite
def hostile(draw: st.DrawFn) -> list[object]:
    """WHOLE, with any node of it replaced by any JSON."""
    path = draw(st.sampled_from(PATHS))
    found = spoilt(list(WHOLE), path, draw(ANY_JSON))
    return found if isinstance(found, list) else [found]


PATHS = tuple(paths(list(WHOLE)))

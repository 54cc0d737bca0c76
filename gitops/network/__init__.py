"""What NetworkPolicies let through: who in a cluster may connect to whom, asked of its manifests.

Source: networking.k8s.io/v1, https://kubernetes.io/docs/concepts/services-networking/network-policies/
and https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/.
"""

from gitops.network.addresses import Answer, Outside, outside
from gitops.network.policy import Direction, Policy
from gitops.network.policy_reading import read_policy
from gitops.network.selector import Selector
from gitops.network.simulator import Endpoint, Network
from gitops.network.verdict import Side, Verdict
from gitops.network.workloads import Pod, Service

INTERNET = Outside.internet()

__all__ = [
    "INTERNET",
    "Answer",
    "Direction",
    "Endpoint",
    "Network",
    "Outside",
    "Pod",
    "Policy",
    "Selector",
    "Service",
    "Side",
    "Verdict",
    "outside",
    "read_policy",
]

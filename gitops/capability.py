"""What a cluster has by itself and no manifest shows, as its own ConfigMap declares it."""

CAPABILITIES = "fairlead.dev/capabilities"
"""The annotation of a ConfigMap, mostly `cluster-vars`, that lists what a cluster has by itself."""

ENFORCING = "cni-netpol"
"""The capability: a network plugin that enforces NetworkPolicies."""

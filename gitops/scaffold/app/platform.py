"""What an app takes to be on its cluster, by the names that the fleet's components give it.

One who has other names changes them in the app's files: nothing writes them anew.
"""

GATEWAY = "public"
GATEWAY_NAMESPACE = "gateway"
INGRESS_CLASS = "nginx"
INGRESS_NAMESPACE = "gateway"
MONITORING_NAMESPACE = "monitoring"
PROMETHEUS = "http://prometheus-operated.monitoring.svc.cluster.local:9090"
ISSUER = "letsencrypt"
AUTHORITY = "internal"
CLUSTER_STORE = "platform"
VAULT_MOUNT = "secret"
CNPG_NAMESPACE = "cnpg-system"

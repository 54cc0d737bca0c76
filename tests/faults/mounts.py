"""Faults of what pods mount: FL827 and FL828, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault, both, container, pod

_MOUNT = container("volumeMounts: [{name: data, mountPath: /data}]")
_CLAIMED = pod("volumes: [{name: data, persistentVolumeClaim: {claimName: payments-data}}]")
_CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: payments-data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def _kept(template: str, claim: str = "data-cache-0") -> str:
    """A StatefulSet that mounts `data`, and the pods of payments one of its claims."""
    return f"""\
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: cache, namespace: shop}}
spec:
  replicas: 2
  serviceName: payments
  selector: {{matchLabels: {{app.kubernetes.io/name: cache}}}}
  template:
    metadata: {{labels: {{app.kubernetes.io/name: cache}}}}
    spec:
      serviceAccountName: payments
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      topologySpreadConstraints:
        - topologyKey: topology.kubernetes.io/zone
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {{matchLabels: {{app.kubernetes.io/name: cache}}}}
      containers:
        - name: cache
          image: cache@sha256:1111111111111111111111111111111111111111111111111111111111111111
          livenessProbe: {{exec: {{command: [up]}}}}
          resources: {{requests: {{cpu: 50m, memory: 64Mi}}, limits: {{memory: 128Mi}}}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {{drop: [ALL]}}
          volumeMounts: [{{name: data, mountPath: /data}}]
  volumeClaimTemplates:
    - metadata: {{name: {template}}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
---
{pod(f"volumes: [{{name: data, persistentVolumeClaim: {{claimName: {claim}}}}}]")}"""


RENDERED_FAULTS = (
    RenderedFault(
        "FL827",
        "a mount without its volume",
        _MOUNT,
        both(_MOUNT, pod("volumes: [{name: data, emptyDir: {}}]")),
    ),
    RenderedFault(
        "FL827", "a template of another name", _kept("dat", "dat-cache-0"), _kept("data")
    ),
    RenderedFault("FL828", "a claim that nobody writes", _CLAIMED, both(_CLAIMED, _CLAIM)),
    RenderedFault(
        "FL828",
        "the claim of no pod",
        _kept("data", "data-cache"),
        _kept("data", "data-cache-1"),
    ),
)

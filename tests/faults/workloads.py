"""Faults of rendered workloads: FL8xx.

They are laid over CLUSTER, objects as kustomize gives them with nothing wrong in them, so that
nothing has to be built: tests/unit/test_check_rendered.py asks the rules.
"""

from dataclasses import dataclass, field
from textwrap import dedent

CLUSTER = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: payments, namespace: shop}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {LOG_LEVEL: info}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payments, namespace: shop, labels: {app.kubernetes.io/name: payments}}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: payments}}
  template:
    metadata: {labels: {app.kubernetes.io/name: payments}}
    spec:
      serviceAccountName: payments
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      topologySpreadConstraints:
        - topologyKey: topology.kubernetes.io/zone
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app.kubernetes.io/name: payments}}
      containers:
        - name: payments
          image: payments@sha256:1111111111111111111111111111111111111111111111111111111111111111
          ports: [{name: http, containerPort: 8080}]
          envFrom: [{configMapRef: {name: settings}}]
          readinessProbe: {httpGet: {path: /readyz, port: http}}
          livenessProbe: {httpGet: {path: /healthz, port: http}}
          resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 128Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
---
apiVersion: v1
kind: Service
metadata: {name: payments, namespace: shop, labels: {app.kubernetes.io/name: payments}}
spec:
  selector: {app.kubernetes.io/name: payments}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: payments, namespace: shop}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: payments}}
"""


@dataclass(frozen=True, slots=True)
class RenderedFault:
    """One fault among the objects of a cluster, and the nearest thing to it that is right.

    Both are objects that are merged into those of CLUSTER with the same kind and name, or join
    them; a null takes something away. `serious` is false for an environment without approvals that
    others come after; `also` are codes that cannot be had without it.
    """

    code: str
    name: str
    faulty: str
    near_miss: str
    also: frozenset[str] = field(default=frozenset())
    near_miss_serious: bool = True

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


_NAMES = {
    "Deployment": "apps/v1",
    "Service": "v1",
    "Ingress": "networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "ScaledObject": "keda.sh/v1alpha1",
    "PodDisruptionBudget": "policy/v1",
    "Pod": "v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "ExternalSecret": "external-secrets.io/v1",
    "Secret": "v1",
    "ConfigMap": "v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "ServiceAccount": "v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
}


def an(kind: str, name: str, body: str) -> str:
    """An object of the namespace shop; `body` is its YAML without head."""
    head = f"apiVersion: {_NAMES[kind]}\nkind: {kind}\nmetadata:\n  name: {name}\n"
    return f"{head}  namespace: shop\n{body}"


def both(*objects: str) -> str:
    """Several objects."""
    return "---\n".join(objects)


def payments(spec: str) -> str:
    """What the spec of the Deployment payments says besides."""
    return an("Deployment", "payments", f"spec:\n{_indented(spec, 2)}")


def container(lines: str) -> str:
    """What its container says besides."""
    head = "template:\n  spec:\n    containers:\n      - name: payments\n"
    return payments(head + _indented(lines, 8))


def pod(lines: str) -> str:
    """What its pod says besides."""
    return payments("template:\n  spec:\n" + _indented(lines, 4))


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def hpa(least: str, target: str = "payments") -> str:
    """An autoscaler."""
    return an(
        "HorizontalPodAutoscaler",
        "payments",
        f"spec:\n{least}  maxReplicas: 5\n"
        f"  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}\n",
    )


_TWO = "  minReplicas: 2\n"
_SCALED = payments("replicas: null")
_KEDA = an(
    "ScaledObject", "payments", "spec:\n  minReplicaCount: 2\n  scaleTargetRef: {name: payments}\n"
)
_JOB_POD = """\
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: migrate
          image: migrate@sha256:2222222222222222222222222222222222222222222222222222222222222222
          resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 128Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
"""


def job(lines: str) -> str:
    """A Job with these lines in its spec."""
    return an("Job", "migrate", f"spec:\n{_indented(lines, 2)}  template:\n    spec:\n{_JOB_POD}")


def cron(lines: str) -> str:
    """A CronJob with these lines in its spec."""
    inner = _indented(f"template:\n  spec:\n{_indented(dedent(_JOB_POD), 4)}", 6)
    head = f'spec:\n  schedule: "0 3 * * *"\n{_indented(lines, 2)}'
    return an(
        "CronJob",
        "clean",
        f"{head}  jobTemplate:\n    spec:\n      activeDeadlineSeconds: 600\n{inner}",
    )


def ingress(port: str, name: str = "payments") -> str:
    """An Ingress to a port of a Service."""
    return an(
        "Ingress",
        "payments",
        "spec:\n  tls: [{hosts: [pay.example.com], secretName: payments-tls}]\n"
        "  rules:\n    - host: pay.example.com\n      http:\n        paths:\n"
        "          - path: /\n            pathType: Prefix\n"
        f"            backend: {{service: {{name: {name}, port: {{{port}}}}}}}\n",
    )


def monitor(kind: str, label: str, more: str = "") -> str:
    """A monitor of what has this label."""
    return an(
        kind,
        "payments",
        f"spec:\n  selector: {{matchLabels: {{app.kubernetes.io/name: {label}}}}}\n{more}"
        "  endpoints: [{port: http}]\n",
    )


_SECRET_ENV = "env:\n  - name: PASSWORD\n    valueFrom: {secretKeyRef: {name: db, key: password}}"
_EXTERNAL = an("ExternalSecret", "db", "spec:\n  target: {name: db}\n")

RENDERED_FAULTS = (
    RenderedFault(
        "FL801",
        "no memory limit",
        container("resources: {limits: null}"),
        container("resources: {limits: {memory: 1Gi, cpu: null}}"),
    ),
    RenderedFault(
        "FL802",
        "ports and no readinessProbe",
        container("readinessProbe: null"),
        both(
            container(
                "readinessProbe: null\nports: null\n"
                "livenessProbe: {httpGet: null, exec: {command: [alive]}}"
            ),
            an("Service", "payments", "spec:\n  ports: [{port: 80, targetPort: 8080}]\n"),
        ),
    ),
    RenderedFault(
        "FL803",
        "no livenessProbe",
        container("livenessProbe: null"),
        container("livenessProbe: {httpGet: null, tcpSocket: {port: http}}"),
    ),
    RenderedFault(
        "FL804",
        "the same probe twice",
        container("livenessProbe: {httpGet: {path: /readyz, port: http}}"),
        container("livenessProbe: {httpGet: {path: /readyz, port: http}, failureThreshold: 10}"),
    ),
    RenderedFault(
        "FL805",
        "a port with a slip",
        container("livenessProbe: {httpGet: {path: /healthz, port: htpp}}"),
        container("livenessProbe: {httpGet: {path: /healthz, port: 8081}}"),
    ),
    RenderedFault(
        "FL806",
        "one replica",
        payments("replicas: 1"),
        payments("replicas: 1\nstrategy: {type: Recreate}"),
    ),
    RenderedFault(
        "FL806",
        "one replica where nobody approves",
        payments("replicas: null"),
        payments("replicas: null"),
        near_miss_serious=False,
    ),
    RenderedFault(
        "FL807",
        "Recreate with two",
        payments("strategy: {type: Recreate}"),
        payments("strategy: {type: RollingUpdate}"),
    ),
    RenderedFault(
        "FL808",
        "a selector with a slip",
        payments("selector: {matchLabels: {app.kubernetes.io/name: payment}}"),
        payments(
            "selector:\n  matchLabels: null\n  matchExpressions:\n"
            "    - {key: app.kubernetes.io/name, operator: In, values: [payments, other]}"
        ),
    ),
    RenderedFault(
        "FL809",
        "a selector with a slip",
        an("Service", "payments", "spec:\n  selector: {app.kubernetes.io/name: payment}\n"),
        an("Service", "other", "spec:\n  type: ExternalName\n  externalName: pay.example.com\n"),
    ),
    RenderedFault(
        "FL809",
        "pods of a chart",
        an("Service", "db", "spec:\n  selector: {app: db}\n  ports: [{port: 5432}]\n"),
        both(
            an("Service", "db", "spec:\n  selector: {app: db}\n  ports: [{port: 5432}]\n"),
            an("HelmRelease", "db", "spec:\n  interval: 1h\n"),
        ),
    ),
    RenderedFault(
        "FL810",
        "a port with a slip",
        an("Service", "payments", "spec:\n  ports: [{name: http, port: 80, targetPort: htpp}]\n"),
        an("Service", "payments", "spec:\n  ports: [{name: http, port: 80, targetPort: 8080}]\n"),
    ),
    RenderedFault(
        "FL811",
        "an Ingress to a Service with a slip",
        ingress("name: http", "payment"),
        ingress("name: http"),
    ),
    RenderedFault(
        "FL811", "an Ingress to a port with a slip", ingress("number: 8080"), ingress("number: 80")
    ),
    RenderedFault(
        "FL811",
        "a route to a port with a slip",
        an(
            "HTTPRoute",
            "payments",
            "spec:\n  rules: [{backendRefs: [{name: payments, port: 8080}]}]\n",
        ),
        an(
            "HTTPRoute",
            "payments",
            "spec:\n  rules: [{backendRefs: [{name: payments, port: 80}]}]\n",
        ),
    ),
    RenderedFault("FL812", "a target with a slip", hpa(_TWO, "payment"), both(hpa(_TWO), _SCALED)),
    RenderedFault("FL813", "replicas beside an autoscaler", hpa(_TWO), both(hpa(_TWO), _SCALED)),
    RenderedFault(
        "FL814",
        "an autoscaler and KEDA",
        both(hpa(_TWO), _KEDA, _SCALED),
        both(_KEDA, _SCALED),
    ),
    RenderedFault(
        "FL815",
        "from one pod on",
        both(
            hpa("  minReplicas: 1\n"), _SCALED, an("PodDisruptionBudget", "payments", "spec: {}\n")
        ),
        both(hpa("  minReplicas: 1\n"), _SCALED),
        near_miss_serious=False,
    ),
    RenderedFault(
        "FL816",
        "a selector with a slip",
        an(
            "PodDisruptionBudget",
            "payments",
            "spec:\n  selector: {matchLabels: {app.kubernetes.io/name: payment}}\n",
        ),
        an("PodDisruptionBudget", "payments", "spec:\n  selector: {matchLabels: {}}\n"),
    ),
    RenderedFault(
        "FL817",
        "as many as there are",
        an("PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 2}\n"),
        an("PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 1}\n"),
    ),
    RenderedFault(
        "FL817",
        "a share that is all",
        an("PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 51%}\n"),
        an("PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 50%}\n"),
    ),
    RenderedFault(
        "FL817",
        "as many as an autoscaler leaves",
        both(
            hpa(_TWO),
            _SCALED,
            an(
                "PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 2}\n"
            ),
        ),
        both(
            hpa("  minReplicas: 3\n"),
            _SCALED,
            an(
                "PodDisruptionBudget", "payments", "spec: {maxUnavailable: null, minAvailable: 2}\n"
            ),
        ),
    ),
    RenderedFault(
        "FL818",
        "spread over nodes alone",
        pod("topologySpreadConstraints:\n  - topologyKey: kubernetes.io/hostname\n    maxSkew: 1"),
        pod(
            "topologySpreadConstraints: null\naffinity:\n  podAntiAffinity:\n"
            "    preferredDuringSchedulingIgnoredDuringExecution:\n"
            "      - {weight: 1, podAffinityTerm: {topologyKey: topology.kubernetes.io/zone}}"
        ),
    ),
    RenderedFault(
        "FL819",
        "a pod of its own",
        an(
            "Pod",
            "shell",
            f"spec:\n{_indented(dedent(_JOB_POD), 2)}",
        ),
        job("activeDeadlineSeconds: 600"),
    ),
    RenderedFault(
        "FL820", "no deadline", job("backoffLimit: 2"), job("activeDeadlineSeconds: 600")
    ),
    RenderedFault(
        "FL821",
        "removed when done",
        job("activeDeadlineSeconds: 600\nttlSecondsAfterFinished: 60"),
        job("activeDeadlineSeconds: 600\nbackoffLimit: 2"),
    ),
    RenderedFault(
        "FL822",
        "no failed run is kept",
        cron("failedJobsHistoryLimit: 0"),
        cron("successfulJobsHistoryLimit: 0"),
    ),
    RenderedFault(
        "FL822",
        "very many are kept",
        cron("successfulJobsHistoryLimit: 100"),
        cron("successfulJobsHistoryLimit: 20"),
    ),
    RenderedFault(
        "FL823",
        "a label with a slip",
        monitor("ServiceMonitor", "payment"),
        monitor("ServiceMonitor", "payments"),
    ),
    RenderedFault(
        "FL823",
        "another namespace",
        monitor("PodMonitor", "payments", "  namespaceSelector: {matchNames: [other]}\n"),
        monitor("PodMonitor", "payments", "  namespaceSelector: {matchNames: [other, shop]}\n"),
    ),
    RenderedFault(
        "FL824",
        "a Secret that nobody makes",
        container(_SECRET_ENV),
        both(container(_SECRET_ENV), _EXTERNAL),
    ),
    RenderedFault(
        "FL824",
        "a key with a slip",
        container(
            "env:\n  - name: LEVEL\n    valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}"
        ),
        container(
            "env:\n  - name: LEVEL\n"
            "    valueFrom: {configMapKeyRef: {name: settings, key: LOG_LEVEL}}"
        ),
    ),
    RenderedFault(
        "FL824",
        "a ConfigMap that may be away",
        container("envFrom: [{configMapRef: {name: other}}]"),
        container("envFrom: [{configMapRef: {name: other, optional: true}}]"),
    ),
    RenderedFault(
        "FL824",
        "a Secret of a chart",
        pod("volumes: [{name: tls, secret: {secretName: tls}}]"),
        both(
            pod("volumes: [{name: tls, secret: {secretName: tls}}]"),
            an("HelmRelease", "db", "spec:\n  interval: 1h\n"),
        ),
    ),
    RenderedFault(
        "FL825",
        "a variable twice",
        container("env:\n  - {name: A, value: one}\n  - {name: A, value: two}"),
        container("env:\n  - {name: A, value: one}\n  - {name: a, value: two}"),
    ),
    RenderedFault(
        "FL826",
        "flask run",
        container('command: [sh, -c, "flask run --host 0.0.0.0"]'),
        container('command: [gunicorn, "app:app"]'),
    ),
    RenderedFault(
        "FL826",
        "python app.py",
        container("command: [python, app.py]"),
        container("command: [python, -m, gunicorn, app]"),
    ),
)

"""Faults of rendered pod security and images: FL90x and FL91x, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault, an, both, container, pod

_SHA = "sha256:" + "3" * 64
_OWN = an("ServiceAccount", "payments", "automountServiceAccountToken: true\n")


def _context(line: str) -> str:
    return container(f"securityContext: {{{line}}}")


def _image(image: str) -> str:
    return container(f"image: {image}")


RENDERED_FAULTS = (
    RenderedFault(
        "FL901",
        "root again",
        _context("runAsNonRoot: false"),
        both(pod("securityContext: {runAsNonRoot: null}"), _context("runAsNonRoot: true")),
    ),
    RenderedFault(
        "FL902",
        "a writable root",
        _context("readOnlyRootFilesystem: null"),
        both(
            _context("readOnlyRootFilesystem: true"),
            pod("volumes: [{name: tmp, emptyDir: {}}]"),
        ),
    ),
    RenderedFault(
        "FL903",
        "escalation left open",
        _context("allowPrivilegeEscalation: null"),
        _context("allowPrivilegeEscalation: false, runAsUser: 1000"),
    ),
    RenderedFault(
        "FL904",
        "one too many",
        _context("capabilities: {add: [NET_ADMIN]}"),
        _context("capabilities: {add: [NET_BIND_SERVICE]}"),
    ),
    RenderedFault(
        "FL904",
        "none dropped",
        _context("capabilities: {drop: [NET_RAW]}"),
        _context("capabilities: {drop: [all]}"),
    ),
    RenderedFault(
        "FL905",
        "unconfined",
        _context("seccompProfile: {type: Unconfined}"),
        both(
            pod("securityContext: {seccompProfile: null}"),
            _context("seccompProfile: {type: RuntimeDefault}"),
        ),
    ),
    RenderedFault(
        "FL906",
        "privileged",
        _context("privileged: true"),
        _context("privileged: false"),
    ),
    RenderedFault("FL907", "hostNetwork", pod("hostNetwork: true"), pod("hostNetwork: false")),
    RenderedFault(
        "FL907",
        "a port of the node",
        container("ports: [{name: http, containerPort: 8080, hostPort: 8080}]"),
        container("ports: [{name: http, containerPort: 8080, hostPort: 0}]"),
    ),
    RenderedFault(
        "FL908",
        "logs of the node",
        pod("volumes: [{name: logs, hostPath: {path: /var/log}}]"),
        pod("volumes: [{name: logs, emptyDir: {}}]"),
    ),
    RenderedFault(
        "FL909",
        "docker's socket",
        pod("volumes: [{name: docker, hostPath: {path: /var/run/docker.sock}}]"),
        pod("volumes: [{name: docker, emptyDir: {}}]"),
    ),
    RenderedFault(
        "FL910",
        "no ServiceAccount",
        pod("serviceAccountName: null"),
        pod("serviceAccountName: null\nautomountServiceAccountToken: false"),
    ),
    RenderedFault(
        "FL911",
        "a token without rights",
        _OWN,
        both(
            _OWN,
            an(
                "RoleBinding",
                "payments",
                "subjects: [{kind: ServiceAccount, name: payments}]\n"
                "roleRef: {kind: Role, name: payments, apiGroup: rbac.authorization.k8s.io}\n",
            ),
        ),
    ),
    RenderedFault(
        "FL911",
        "a token although the pod could say no",
        pod("automountServiceAccountToken: true"),
        both(_OWN, pod("automountServiceAccountToken: false")),
    ),
    RenderedFault(
        "FL912",
        "latest",
        _image("registry.example.com/shop/payments:latest"),
        _image(f"registry.example.com/shop/payments:latest@{_SHA}"),
    ),
    RenderedFault(
        "FL912",
        "a port and no tag",
        _image("registry.example.com:5000/payments"),
        _image(f"registry.example.com:5000/payments@{_SHA}"),
    ),
    RenderedFault(
        "FL913",
        "a tag alone at the end",
        _image("registry.example.com/shop/payments:v1.0"),
        _image("registry.example.com/shop/payments:v1.0"),
        near_miss_serious=False,
    ),
    RenderedFault(
        "FL914",
        "docker.io is unsaid",
        _image(f"bitnami/redis:7.2@{_SHA}"),
        _image(f"registry.example.com/bitnami/redis:7.2@{_SHA}"),
    ),
    RenderedFault(
        "FL915",
        "not released and not suspended",
        _image("registry.example.com/shop/payments:0.0.0-unreleased"),
        _image(f"registry.example.com/shop/payments:0.0.0@{_SHA}"),
    ),
)

"""What a pod may do on its node: the restricted profile, and what goes beyond it.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator, Mapping

from gitops.check.finding import Finding
from gitops.check.pods import Container, Workload, told, workloads
from gitops.check.rendered import Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text

_ALLOWED = frozenset({"NET_BIND_SERVICE"})
_SECCOMP = frozenset({"RuntimeDefault", "Localhost"})
_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock")


def containers(rendered: Rendered) -> Iterator[Finding]:
    """FL901 to FL906: what a container's security context leaves open."""
    for workload in workloads(rendered):
        context = mapping(workload.pod.get("securityContext"))
        for container in workload.containers:
            own = mapping(container.at("securityContext"))
            for code, said, hint in _open(container.name, context, own):
                yield told(code, workload.about, said, hint)


def _open(
    name: str, pod: Mapping[str, object], own: Mapping[str, object]
) -> Iterator[tuple[str, str, str]]:
    capabilities = mapping(own.get("capabilities"))
    added = {str(each) for each in sequence(capabilities.get("add"))} - _ALLOWED
    seccomp = mapping(own.get("seccompProfile") or pod.get("seccompProfile")).get("type")
    if own.get("privileged") is True:
        hint = "remove `privileged`, and add the one capability that it needs"
        yield "FL906", f"the container {name} is privileged: it owns its node", hint
        return
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        hint = "write `runAsNonRoot: true`"
        yield "FL901", f"the container {name} may run as root", hint
    if own.get("readOnlyRootFilesystem") is not True:
        hint = "write `readOnlyRootFilesystem: true`, and mount an emptyDir where it writes"
        yield "FL902", f"the container {name} may change its own files", hint
    if own.get("allowPrivilegeEscalation") is not False:
        hint = "write `allowPrivilegeEscalation: false`"
        yield "FL903", f"the container {name} may gain more rights than it began with", hint
    if added:
        hint = "leave out what it does not need"
        yield "FL904", f"the container {name} adds {', '.join(sorted(added))}", hint
    elif "ALL" not in {str(each).upper() for each in sequence(capabilities.get("drop"))}:
        hint = "write `capabilities: {drop: [ALL]}`"
        yield "FL904", f"the container {name} keeps capabilities", hint
    if seccomp not in _SECCOMP:
        hint = "write `seccompProfile: {type: RuntimeDefault}`"
        yield "FL905", f"the container {name} may call all of the kernel", hint


def host(rendered: Rendered) -> Iterator[Finding]:
    """FL907: namespaces and ports of the node. FL908: its files. FL909: its container runtime."""
    for workload in workloads(rendered):
        for field in _NAMESPACES:
            if workload.pod.get(field) is True:
                said = f"takes part in its node by {field}"
                yield told("FL907", workload.about, said, f"remove `{field}`")
        for container in workload.containers:
            yield from _ports(workload, container)
        for volume in map(mapping, sequence(workload.pod.get("volumes"))):
            path = text(mapping(volume.get("hostPath")).get("path"))
            if path is None:
                continue
            if path.rpartition("/")[2] in _SOCKETS:
                said = f"mounts {path}: it can start any container on its node"
                yield told("FL909", workload.about, said, "ask the API server instead")
            else:
                said = f"mounts {path} of its node"
                hint = "take an emptyDir or a PersistentVolumeClaim"
                yield told("FL908", workload.about, said, hint)


def _ports(workload: Workload, container: Container) -> Iterator[Finding]:
    for port in map(mapping, sequence(container.at("ports"))):
        taken = port.get("hostPort")
        if isinstance(taken, int) and taken:
            said = f"the container {container.name} takes the port {taken} of its node"
            yield told("FL907", workload.about, said, "let a Service lead to it")


def accounts(rendered: Rendered) -> Iterator[Finding]:
    """FL910: the default ServiceAccount. FL911: a token that no right belongs to."""
    for workload in workloads(rendered):
        name = text(workload.pod.get("serviceAccountName")) or "default"
        mounted = workload.pod.get("automountServiceAccountToken")
        namespace = workload.about.namespace
        account = rendered.around.named("ServiceAccount", namespace, name)
        if mounted is None and account is not None:
            mounted = account.at("automountServiceAccountToken")
        if mounted is False:
            continue
        if name == "default":
            said = "runs as the namespace's default ServiceAccount, with its token"
            hint = "give it a ServiceAccount of its own, or `automountServiceAccountToken: false`"
            yield told("FL910", workload.about, said, hint)
        elif not _bound(rendered, namespace, name) and rendered.around.closed(namespace):
            said = f"mounts the token of {name}, which has no rights here"
            hint = "write `automountServiceAccountToken: false`"
            yield told("FL911", workload.about, said, hint)


def _bound(rendered: Rendered, namespace: str, name: str) -> bool:
    """Whether a binding gives the account rights; one with annotations has them elsewhere."""
    account = rendered.around.named("ServiceAccount", namespace, name)
    if account is None or account.mapping_at("metadata", "annotations"):
        return True
    for binding in rendered.around.of("RoleBinding", "ClusterRoleBinding"):
        for subject in map(mapping, sequence(binding.at("subjects"))):
            where = subject.get("namespace") or binding.namespace
            if (subject.get("name"), where) == (name, namespace):
                return True
    return False


RULES: tuple[RenderedRule, ...] = (containers, host, accounts)

"""Who may do what: cluster-admin, wildcards, secrets, shells in pods, and what tenants have.

Objects below a directory `infrastructure` or `flux-system` are the platform's own: it may be
everything to everybody there.

Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from collections.abc import Iterator

from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.check.things import Thing

RBAC = "rbac.authorization.k8s.io"
_PLATFORM = frozenset({"infrastructure", "flux-system"})
_WILD = "*"
_READS = frozenset({"get", "list", "watch", _WILD})
_SHELLS = frozenset({"pods/exec", "pods/attach", "pods/*"})


def rights(declared: Declared) -> Iterator[Finding]:
    """FL602, FL604: what Roles and ClusterRoles allow."""
    for thing in declared.every("Role", "ClusterRole", group=RBAC):
        if _of_platform(thing):
            continue
        for index in thing.manifest.keys("rules"):
            groups, resources, verbs = (
                thing.texts("rules", index, key) for key in ("apiGroups", "resources", "verbs")
            )
            place = thing.manifest.place("rules", index)
            wild = [k for k, v in (("resources", resources), ("verbs", verbs)) if _WILD in v]
            if wild and resources and {"", _WILD} & set(groups):
                told = f"{thing.title} allows all {' and all '.join(wild)}"
                hint = "name what is needed: what Kubernetes learns later is allowed else, too"
                yield Finding("FL602", Severity.WARNING, place, told, hint)
            shells = sorted(_SHELLS.intersection(resources))
            if shells and {"create", "get", _WILD} & set(verbs):
                told = f"{thing.title} allows commands in pods ({', '.join(shells)})"
                hint = "whoever may do so has all that the pods have: give it for the time of need"
                yield Finding("FL604", Severity.WARNING, place, told, hint)


def bindings(declared: Declared) -> Iterator[Finding]:
    """FL601, FL605, FL606: to whom rights are given."""
    accounts = {each.name for each in declared.every("ServiceAccount")}
    for thing in declared.every("RoleBinding", "ClusterRoleBinding", group=RBAC):
        if not _of_platform(thing):
            yield from _admin(thing)
        for index in thing.manifest.keys("subjects"):
            kind, name, namespace = (
                thing.text("subjects", index, key) for key in ("kind", "name", "namespace")
            )
            place = thing.manifest.place("subjects", index)
            if kind != "ServiceAccount" or not name:
                continue
            if name == "default":
                told = (
                    f"{thing.title} gives rights to the default ServiceAccount, which is that of "
                )
                told += "every pod that names none"
                hint = "write a ServiceAccount for whoever needs them"
                yield Finding("FL606", Severity.WARNING, place, told, hint)
            elif (
                namespace is None and name not in accounts and declared.untouched(thing, "subjects")
            ):
                told = f"{thing.title} names the ServiceAccount {name} without its namespace"
                hint = "the API server refuses it: write `namespace`"
                yield Finding("FL605", Severity.ERROR, place, told, hint)


def _admin(thing: Thing) -> Iterator[Finding]:
    everywhere = thing.kind == "ClusterRoleBinding"
    if everywhere and thing.text("roleRef", "name") == "cluster-admin":
        to = [
            thing.text("subjects", index, "name") or "?"
            for index in thing.manifest.keys("subjects")
        ]
        if to:
            told = f"{thing.title} lets {', '.join(to)} do everything in the whole cluster"
            hint = "bind a role with what is needed, in the namespaces where it is needed"
            place = thing.manifest.place("roleRef", "name")
            yield Finding("FL601", Severity.WARNING, place, told, hint)


def secrets(declared: Declared) -> Iterator[Finding]:
    """FL603: people who may read secrets."""
    for cluster in declared.clusters:
        readers = {
            (thing.kind, thing.name): thing
            for thing in cluster.of("Role", "ClusterRole", group=RBAC)
            if _reads_secrets(thing) and not _of_platform(thing)
        }
        for binding in cluster.of("RoleBinding", "ClusterRoleBinding", group=RBAC):
            kind, name = (binding.text("roleRef", key) or "" for key in ("kind", "name"))
            role = readers.get((kind, name))
            for index in binding.manifest.keys("subjects") if role else ():
                who, group = (binding.text("subjects", index, k) for k in ("kind", "name"))
                if role and who in {"Group", "User"} and not str(group).startswith("system:"):
                    told = f"{binding.title} lets {group} read secrets, by the {role.title}"
                    place = binding.manifest.place("subjects", index)
                    hint = "give people a role without `secrets`"
                    yield Finding("FL603", Severity.WARNING, place, told, hint)


def _reads_secrets(thing: Thing) -> bool:
    for index in thing.manifest.keys("rules"):
        groups, resources, verbs = (
            set(thing.texts("rules", index, key)) for key in ("apiGroups", "resources", "verbs")
        )
        named = thing.has("rules", index, "resourceNames")
        if groups & {"", _WILD} and resources & {"secrets", _WILD} and verbs & _READS and not named:
            return True
    return False


def accounts(declared: Declared) -> Iterator[Finding]:
    """FL607: applied with Flux's own rights, although it is a tenant's, or others here are not."""
    if declared.mentioned(b"default-service-account"):
        return
    for cluster in declared.clusters:
        every = tuple(cluster.of("Kustomization", group="kustomize.toolkit.fluxcd.io"))
        own = cluster.own.namespace or "flux-system"
        tenants = {each.name for each in cluster.of("Namespace", group="") if _is_tenants(each)}
        others = any(each.has("spec", "serviceAccountName") for each in every)
        for each in every:
            if each.namespace in {None, own} or each.has("spec", "serviceAccountName"):
                continue
            apart = others or each.namespace in tenants
            if apart and declared.untouched(each, "serviceAccountName"):
                told = f"{each.title} of {each.namespace} has no `serviceAccountName`: it may do "
                told += "all that Flux may"
                hint = "name a ServiceAccount of its namespace"
                yield Finding("FL607", Severity.WARNING, each.place, told, hint)


def namespaces(declared: Declared) -> Iterator[Finding]:
    """FL608: a tenant's namespace without limits. FL609: one without pod security."""
    mentioned = declared.mentioned(b"pod-security.kubernetes.io")
    for cluster in declared.clusters:
        given = (repr(spec.get("commonMetadata")) for a in cluster.applied for spec in a.specs)
        labelled = mentioned or any("pod-security.kubernetes.io" in each for each in given)
        for thing in cluster.of("Namespace", group=""):
            labels = thing.manifest.keys("metadata", "labels")
            secured = any(str(key).startswith("pod-security.kubernetes.io/") for key in labels)
            if not secured and not labelled and declared.untouched(thing, "pod-security"):
                told = f"{thing.title} has no pod security: pods may be privileged there"
                hint = "write the label `pod-security.kubernetes.io/enforce: restricted`"
                yield Finding("FL609", Severity.INFO, thing.place, told, hint)
            if _is_tenants(thing) and not _of_platform(thing):
                yield from _unlimited(cluster, thing)


def _unlimited(cluster: Cluster, thing: Thing) -> Iterator[Finding]:
    limits = ("ResourceQuota", "LimitRange", "NetworkPolicy")
    missing = [
        kind
        for kind in limits
        if all(each.namespace not in {None, thing.name} for each in cluster.of(kind))
    ]
    if missing and not cluster.open:
        told = f"{thing.title} is a tenant's and has no {' and no '.join(missing)}"
        hint = "one team takes another's memory, or calls its pods: write them"
        yield Finding("FL608", Severity.WARNING, thing.place, told, hint)


def _is_tenants(thing: Thing) -> bool:
    labelled = thing.text("metadata", "labels", "toolkit.fluxcd.io/tenant") is not None
    return labelled or "tenants" in thing.path.split("/")[:-1]


def _of_platform(thing: Thing) -> bool:
    return not _PLATFORM.isdisjoint(thing.path.split("/"))

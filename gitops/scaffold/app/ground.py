"""What an app stands on: its namespace, who it is there, its secrets and its database."""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Database, Store, Strategy
from gitops.scaffold.app import platform
from gitops.scaffold.app.parts import (
    LABELS,
    NAME,
    OWN_NAME,
    PART_OF,
    Patch,
    Resource,
    is_cron,
    pods_of,
)
from gitops.scaffold.template import Values, filled

BY_HAND = {Store.SOPS: "app/secrets-sops.yaml", Store.SEALED: "app/secrets-sealed.yaml"}
"""Secrets that somebody encrypts: nothing that is scaffolded could stand in their place."""


def ground(answers: AppAnswers) -> Iterator[Resource]:
    """Namespace, ServiceAccount, rights, secrets and database."""
    app = answers.name
    named: Values = {NAME: app, (*LABELS, PART_OF): app}
    yield Resource("namespace.yaml", filled("app/namespace.yaml", named))
    if answers.chart is None:
        yield Resource("service-account.yaml", filled("app/service-account.yaml", named))
    if answers.rights:
        subject: Address = ("subjects", 0)
        binding: Values = {
            **named,
            ("roleRef", "name"): app,
            (*subject, "name"): app,
        }
        yield Resource("role.yaml", filled("app/role.yaml", named, binding))
    # A StatefulSet makes the claims of its pods by itself.
    for each in () if answers.workload.preset.keeps else answers.workload.volumes:
        claim: Values = {
            NAME: f"{app}-{each.name}",
            (*LABELS, PART_OF): app,
            ("spec", "resources", "requests", "storage"): each.size,
        }
        yield Resource(f"volume-{each.name}.yaml", filled("app/volume.yaml", claim))
    yield from _secrets(answers)
    if answers.database is Database.CNPG:
        yield from _database(answers)


def role_patches(answers: AppAnswers, environment: str) -> Iterator[Patch]:
    """The cloud's role that the app takes on in an environment."""
    arn = answers.roles.get(environment)
    if arn is not None:
        annotation: Address = ("metadata", "annotations", "eks.amazonaws.com/role-arn")
        data = filled("app/irsa.yaml", {NAME: answers.name, annotation: arn})
        yield Patch("role.yaml", "ServiceAccount", answers.name, data)


def _secrets(answers: AppAnswers) -> Iterator[Resource]:
    app, store = answers.name, answers.secrets.store
    if store is Store.VAULT:
        values: Values = {
            NAME: app,
            (*LABELS, PART_OF): app,
            ("spec", "kubernetes", "role"): app,
            ("spec", "kubernetes", "serviceAccount"): app,
        }
        yield Resource("vault-auth.yaml", filled("app/vault-auth.yaml", values))
    for each in answers.secrets.uses:
        own: dict[Address, str] = {NAME: each.name, (*LABELS, PART_OF): app}
        key = f"${{environment}}/{app}/{each.name}"
        if store is Store.EXTERNAL:
            own["spec", "secretStoreRef", "name"] = platform.CLUSTER_STORE
            own["spec", "target", "name"] = each.name
            own["spec", "dataFrom", 0, "extract", "key"] = key
            data = filled("app/external-secret.yaml", own)
            yield Resource(f"secret-{each.name}.yaml", data)
        elif store is Store.VAULT:
            yield Resource(f"secret-{each.name}.yaml", _vault(answers, own, each.name, key))


def _vault(answers: AppAnswers, values: dict[Address, str], name: str, path: str) -> bytes:
    values["spec", "vaultAuthRef"] = answers.name
    values["spec", "mount"] = platform.VAULT_MOUNT
    values["spec", "path"] = path
    values["spec", "destination", "name"] = name
    restarted: Address = ("spec", "rolloutRestartTargets")
    deployed = [] if is_cron(answers) else [pods.name for pods in pods_of(answers)]
    if not deployed or answers.workload.strategy is Strategy.CANARY:
        # Flagger starts its own pods anew when a Secret changes.
        return filled("app/vault-secret.yaml", values, dropped=[restarted])
    values |= {(*restarted, index, "name"): each for index, each in enumerate(deployed)}
    if answers.workload.preset.keeps:
        values[(*restarted, 0, "kind")] = "StatefulSet"
    return filled("app/vault-secret.yaml", values, grown={restarted: len(deployed)})


def _database(answers: AppAnswers) -> Iterator[Resource]:
    app, name = answers.name, f"{answers.name}-database"
    owned = app.replace("-", "_")
    cluster: Address = ("spec", "bootstrap", "initdb")
    values: Values = {
        NAME: name,
        (*LABELS, OWN_NAME): name,
        (*LABELS, PART_OF): name,
        (*cluster, "database"): owned,
        (*cluster, "owner"): owned,
    }
    yield Resource("database.yaml", filled("app/database.yaml", values))
    if not answers.traffic.closed:
        return
    match = "matchLabels"
    yield Resource("database-policy.yaml", _database_policy(app, name))
    outward: Values = {
        ("spec", "podSelector", match, PART_OF): app,
        ("spec", "egress", 0, "to", 0, "podSelector", match, "cnpg.io/cluster"): name,
    }
    yield Resource("egress-database.yaml", filled("app/database-egress.yaml", outward))


def _database_policy(app: str, name: str) -> bytes:
    def peer(direction: str, side: str, index: int, kind: str) -> Address:
        return ("spec", direction, index, side, 0, kind, "matchLabels")

    own = "cnpg.io/cluster"
    values: Values = {
        NAME: name,
        ("spec", "podSelector", "matchLabels", own): name,
        (*peer("ingress", "from", 0, "podSelector"), PART_OF): app,
        (*peer("ingress", "from", 1, "podSelector"), own): name,
        (
            *peer("ingress", "from", 2, "namespaceSelector"),
            "kubernetes.io/metadata.name",
        ): platform.CNPG_NAMESPACE,
        (*peer("egress", "to", 0, "podSelector"), own): name,
    }
    return filled("app/database-policy.yaml", values)

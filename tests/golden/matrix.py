"""Fleets of every sort, in which every two choices meet somewhere.

There are too many combinations to try all; most faults are in how two choices go together, so the
rows are chosen such that every pair of values of two dimensions is in one of them. They are the
same in every run.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from zlib import crc32

from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Bootstrap, Defaults, ForgeKind, Topology
from gitops.scaffold.answers.fleet import Secrets
from gitops.scaffold.catalog import catalog
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.needs import NEEDS
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree
from tests.golden.app_trees import COMMANDS, told
from tests.golden.components import SETTINGS
from tests.golden.fleets import IMAGE, KEY, WHEEL

HAVE = ("cni-netpol", "irsa", "kms", "storage", "lb-controller", "dns")
"""What the clusters have by themselves."""

UNREAD = "9.9.9"
"""The version of a chart of which the catalogue has none."""

ORDER = (
    *("cert-manager", "envoy-gateway", "nginx-ingress", "external-dns", "kube-prometheus-stack"),
    *("loki", "tempo", "grafana", "flagger", "external-secrets", "sealed-secrets", "vault"),
    *("vault-secrets-operator", "velero", "keda", "metrics-server", "vpa", "goldilocks"),
    *("trivy-operator", "kyverno", "istio", "cloudnative-pg", "mtls"),
)
"""Components, each after what it needs."""

BENEATH: Mapping[str, tuple[str, ...]] = {
    "envoy-gateway": ("cert-manager",),
    "nginx-ingress": ("cert-manager",),
    "grafana": ("kube-prometheus-stack",),
    "flagger": ("kube-prometheus-stack",),
    "mtls": ("cert-manager",),
    "vault": ("cert-manager",),
    "vault-secrets-operator": ("vault", "cert-manager"),
    "goldilocks": ("vpa", "metrics-server"),
    "vpa": ("metrics-server",),
}
"""What a component needs to be there before it."""

DATABASES: Mapping[str, str] = {
    "db1": """--team platform --kind helm --chart redis --repository https://charts.example.com
        --range '>=20.0.0 <21.0.0' --allow-from backend""",
    "db2": """--team platform --kind oci-chart --chart oci://charts.example.com/postgres
        --range '>=16.0.0 <17.0.0' --allow-from backend""",
}
"""What the app `backend` calls."""

ENVIRONMENTS = frozenset({"dev", "test", "stage", "prod", "live"})

DIMENSIONS: Mapping[str, Sequence[str]] = {
    "clusters": ("own", "several", "shared"),
    "forge": tuple(ForgeKind),
    "bootstrap": tuple(Bootstrap),
    "secrets": tuple(Secrets),
    "defaults": tuple(Defaults),
    "environments": ("dev stage prod", "dev prod", "dev test stage prod", "live"),
    "bot": ("none", "cluster"),
    "first": (
        *("antaeus", "checkout", "mailer", "ledger", "edge", "podinfo", "quotes", "tokens"),
        "registry",
    ),
    "second": ("payments", "report", "shopfront", "wiki", "redis"),
    "third": ("backend", "none"),
    "platform": (
        "none",
        "envoy-gateway external-dns kube-prometheus-stack loki tempo grafana",
        "external-secrets velero trivy-operator kyverno",
        "keda vpa goldilocks istio cloudnative-pg",
    ),
    "tenants": ("none", "shop", "shop platform"),
}


@dataclass(frozen=True)
class Row:
    """One choice of each dimension."""

    choices: Mapping[str, str]

    def __str__(self) -> str:
        return "-".join(self.choices[name].replace(" ", "+") for name in DIMENSIONS)

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """In the order in which a release meets them."""
        return tuple(self.choices["environments"].split())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Its apps; whoever calls databases has them."""
        chosen = [self.choices[each] for each in ("first", "second", "third")]
        names = [name for name in chosen if name != "none"]
        return tuple([*names, *DATABASES] if "backend" in names else names)

    @cached_property
    def apps(self) -> tuple[AppAnswers, ...]:
        """What is answered about each app, for these environments alone."""
        return tuple(map(self._app, self.names))

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Those that are chosen, that the apps need and that these need."""
        wanted = {*self.choices["platform"].split()} - {"none"}
        for need, app in itertools.product(NEEDS, self.apps):
            if need.asked(app) and need.capability not in HAVE:
                wanted.add(need.components[0])
        wanted |= {below for name in wanted for below in BENEATH.get(name, ())}
        assert wanted <= set(ORDER), wanted - set(ORDER)
        return tuple(name for name in ORDER if name in wanted)

    def tree(self) -> Tree:
        """The fleet."""
        tree = new_fleet(Tree({}), self._fleet())
        for name in self.components:
            tree = add_component(tree, self._component(name)).tree
        for name in self.choices["tenants"].split():
            if name == "none":
                continue
            own = "all" if self.choices["clusters"] == "shared" else self.environments[0]
            groups = (f"all:oidc:{name}=develop", f"{own}:oidc:{name}=edit")
            tree = add_tenant(tree, TenantAnswers(name, groups=groups))
        for app in self.apps:
            tree = add_app(tree, app)
        return tree

    def _fleet(self) -> FleetAnswers:
        forge, secrets = ForgeKind(self.choices["forge"]), Secrets(self.choices["secrets"])
        shared = self.choices["clusters"] == "shared"
        several = {self.environments[-1]: ["eu", "us"]}
        sops = secrets is Secrets.SOPS
        return FleetAnswers(
            "acme",
            forge=forge,
            environments=self.environments,
            topology=Topology.SINGLE if shared else Topology.PER_ENVIRONMENT,
            clusters=several if self.choices["clusters"] == "several" else {},
            bootstrap=Bootstrap(self.choices["bootstrap"]),
            defaults=Defaults(self.choices["defaults"]),
            secrets=secrets,
            age_recipients={each: [KEY] for each in self.environments if sops},
            install=None if forge is ForgeKind.LOCAL else WHEEL,
            bot_image=IMAGE if self.choices["bot"] == "cluster" else None,
            capabilities=HAVE,
        )

    def _app(self, name: str) -> AppAnswers:
        words = {**COMMANDS, **DATABASES}[name].replace("databases/db1", "db1")
        kept: list[str] = []
        for word in words.replace("databases/db2", "db2").split():
            where = word.partition("=")[0].partition(":")[0]
            whom = word.rpartition("=")[2].partition(":")[0].partition("/")[0]
            calls = kept[-1:] in (["--egress"], ["--allow-from"])
            absent = calls and whom in COMMANDS and whom not in self.names
            if absent or (where in ENVIRONMENTS and where not in self.environments):
                kept.pop()  # the flag that this was said with
            elif word != "--open":  # of which check warns, as it should
                kept.append(word)
        if name == "shopfront" and "envoy-gateway" in self._gateway():
            kept[kept.index("ingress")] = "httproute"  # one cluster has one of both
        if name == "edge":
            hosts = {word.partition("=")[0] for word in kept if "=gw." in word}
            more = [each for each in self.environments if each not in hosts]
            kept += [f"--host={each}=gw.{each}.example.org" for each in more]
        return told(name, " ".join(kept))

    def _gateway(self) -> str:
        first = self.choices["first"] in {"antaeus", "checkout"}
        return "envoy-gateway" if first else self.choices["platform"]

    def _component(self, name: str) -> ComponentAnswers:
        """Told for the first environment the same as for the others, which a test may."""
        settings = [
            text.removeprefix("dev:")
            for text in SETTINGS.get(name, ())
            if not text.startswith("prod:")
        ]
        charts = catalog().components[name].charts
        versions = [UNREAD for chart in charts if chart.version is None]
        return ComponentAnswers(name, versions, (), settings, HAVE)


def rows() -> Iterator[Row]:
    """Rows in which every pair of values of two dimensions meets, greedily few of them."""
    left = set(_pairs())
    while left:
        row: dict[str, str] = {}
        # The first of what is left, by its name, so that every run finds the same.
        (one, its), (other, others) = min(left)
        row |= {one: its, other: others}
        for name, values in DIMENSIONS.items():
            if name not in row:
                row[name] = max(values, key=partial(_worth, row, name, left))
        found = Row({name: row[name] for name in DIMENSIONS})
        left -= set(itertools.combinations(sorted(found.choices.items()), 2))
        yield found


Pair = tuple[tuple[str, str], ...]


def _pairs() -> Iterator[Pair]:
    for one, other in itertools.combinations(sorted(DIMENSIONS), 2):
        for its, others in itertools.product(DIMENSIONS[one], DIMENSIONS[other]):
            yield (one, str(its)), (other, str(others))


def _worth(row: Mapping[str, str], name: str, left: set[Pair], value: str) -> tuple[int, int]:
    """How many new pairs a value makes with the row; among equals all values have their turn."""
    new = sum(tuple(sorted(((name, value), each))) in left for each in row.items())
    return new, crc32(f"{value} {len(left)}".encode())

"""By which name the world outside knows an app, in each environment."""

from collections.abc import Iterator

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Expose, Strategy, Tls
from gitops.scaffold.app.parts import Patch
from gitops.scaffold.app.patches import texts

HOSTNAME = "external-dns.alpha.kubernetes.io/hostname"
"""The annotation of a Service that external-dns makes a record of."""

_HOSTS = {
    Expose.INGRESS: ("Ingress", ("/spec/rules/0/host", "/spec/tls/0/hosts/0")),
    Expose.HTTP_ROUTE: ("HTTPRoute", ("/spec/hostnames/0",)),
    Expose.LOAD_BALANCER: (
        "Service",
        (f"/metadata/annotations/{HOSTNAME.replace('/', '~1')}",),
    ),
}


def host(answers: AppAnswers) -> str:
    """The host where no environment has one of its own; Flux fills in the domain."""
    return f"{answers.traffic.host or answers.name}.${{domain}}"


def host_patches(answers: AppAnswers, environment: str) -> Iterator[Patch]:
    """The host that an environment has of its own."""
    expose, own = answers.traffic.expose, answers.traffic.hosts.get(environment)
    if expose is None or own is None:
        return
    kind, pointers = _HOSTS[expose]
    if expose is Expose.HTTP_ROUTE and answers.workload.strategy is Strategy.CANARY:
        kind, pointers = "Canary", ("/spec/service/hosts/0",)
    if answers.traffic.tls is Tls.ACM:
        pointers = tuple(each for each in pointers if not each.startswith("/spec/tls/"))
    yield Patch("host.yaml", kind, answers.name, texts(dict.fromkeys(pointers, own)))

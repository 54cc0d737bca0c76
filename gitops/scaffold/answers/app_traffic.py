"""What a person answers about who calls an app and whom it calls."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_options import Expose, Tls
from gitops.scaffold.answers.names import label

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_KEY = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?"
)
_BRACKETS = re.compile(r"^\[(.+)\]")
_EGRESS = "write --egress NAME=APP:PORT, NAME=NAMESPACE/APP:PORT or NAME=10.0.0.0/8:PORT"


@dataclass(frozen=True, slots=True)
class Egress:
    """One thing that an app may call: a network (`cidr`), else the pods of `app`.

    `namespace` is that of the pods; None for the namespace that the app has in each environment.
    `port` is the pods' own, 1 to 65535.
    """

    name: str
    port: int
    app: str = ""
    namespace: str | None = None
    cidr: str | None = None


def egress(text: str) -> Egress:
    """`NAME=APP:PORT`, `NAME=NAMESPACE/APP:PORT` or `NAME=CIDR:PORT` as what may be called.

    Raises:
        InvalidInput: it is none of them.
    """
    name, equals, target = text.partition("=")
    where, colon, port = target.rpartition(":")
    if not (equals and colon and where):
        raise InvalidInput(f"--egress {text} is not NAME=TARGET:PORT", _EGRESS)
    label(name, "egress")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port[:6]) <= 65535:
        raise InvalidInput(f"--egress {text}: {port!r} is no port", "name one from 1 to 65535")
    try:
        network = ipaddress.ip_network(_BRACKETS.sub(r"\1", where))
    except ValueError:
        return _pods(text, name, where, int(port))
    return Egress(name, int(port), cidr=str(network))


def _pods(text: str, name: str, where: str, port: int) -> Egress:
    namespace, slash, app = where.rpartition("/")
    if _HOST.fullmatch(where) or where.replace(".", "").isdigit():
        told = f"--egress {text}: a NetworkPolicy knows no host names"
        raise InvalidInput(told, f"name its network: --egress {name}=10.0.0.0/8:{port}")
    if re.fullmatch(r"[0-9a-fA-F.:]+/\d+", where):
        raise InvalidInput(f"--egress {text}: {where} is no network", _EGRESS)
    label(app, "app")
    return Egress(name, port, app, label(namespace, "namespace") if slash else None)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who may call an app, and whom it may call.

    `closed` is whether what is not allowed is denied; where it is not, there are no policies.
    `host` is the label before the environment's domain; `hosts` are whole names, by environment.
    `annotations` are those of what exposes the app, for a CDN or a load balancer.
    `tls` is of an Ingress.
    """

    closed: bool = True
    allow_from: tuple[str, ...] = ()
    egress: tuple[Egress, ...] = ()
    expose: Expose | None = None
    host: str | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    tls: Tls = Tls.CERT_MANAGER

    def __post_init__(self) -> None:
        for app in self.allow_from:
            label(app, "app")
        names = [each.name for each in self.egress]
        if len(set(names)) < len(names):
            told = f"two egresses are named {max(names, key=names.count)}"
            raise InvalidInput(told, "give each --egress a name of its own")
        if not self.closed and (self.allow_from or self.egress):
            told = "an app without policies lets everybody call it, and may call everybody"
            raise InvalidInput(told, "leave out --open, or --allow-from and --egress")
        if self.tls is not Tls.CERT_MANAGER and self.expose is not Expose.INGRESS:
            told = f"--tls {self.tls} is of an Ingress, and the app has none"
            raise InvalidInput(told, "add --expose ingress, or leave it out")
        self._check_hosts()
        if self.annotations and self.expose is None:
            told = "nothing exposes the app, so an annotation would stand nowhere"
            raise InvalidInput(told, "add --expose ingress, httproute or load-balancer")
        for key in self.annotations:
            if not _KEY.fullmatch(key):
                hint = "write --annotation external-dns.alpha.kubernetes.io/ttl=60"
                raise InvalidInput(f"{key!r} is no annotation", hint)

    def _check_hosts(self) -> None:
        named = self.host is not None or bool(self.hosts)
        if self.expose is None and named:
            told = "nothing exposes the app, so a host leads nowhere"
            raise InvalidInput(told, "add --expose ingress, httproute or load-balancer")
        if self.expose is not None and not named:
            told = f"--expose {self.expose} without a host"
            raise InvalidInput(told, "add --host LABEL, or --host ENV=HOST for each environment")
        if self.host is not None:
            if "." in self.host:
                told = f"--host {self.host} would be the host of every environment"
                hint = "name the part before its domain alone, or write --host ENV=HOST for each"
                raise InvalidInput(told, hint)
            label(self.host, "host")
        for environment, host in self.hosts.items():
            if not _HOST.fullmatch(host) or len(host) > 253:
                hint = f"write --host {environment}=shop.example.com"
                raise InvalidInput(f"{host!r} is no host name", hint)
        taken = list(self.hosts.values())
        if len(set(taken)) < len(taken):
            told = f"two environments have the host {max(taken, key=taken.count)}"
            raise InvalidInput(told, "give each environment a host of its own")

"""The choices that an app has, by the words in which they are made."""

from enum import StrEnum

from gitops.scaffold.answers.names import choice


class Kind(StrEnum):
    """How an app's manifests are written: here, or by a chart of a repository or a registry."""

    KUSTOMIZE = "kustomize"
    HELM = "helm"
    OCI_CHART = "oci-chart"


class Preset(StrEnum):
    """What an app is made of."""

    GENERIC = "generic"
    PYTHON_WSGI = "python-wsgi"
    JVM = "jvm"
    NODE = "node"
    STATIC = "static"
    WORKER = "worker"
    CRON = "cron"
    STATEFUL = "stateful"

    @property
    def serves(self) -> bool:
        """Whether it answers requests, and so has a port and a Service."""
        return self not in {Preset.WORKER, Preset.CRON}

    @property
    def keeps(self) -> bool:
        """Whether each of its pods has a name and data of its own, and so is a StatefulSet's."""
        return self is Preset.STATEFUL


class Size(StrEnum):
    """How much of a node a pod asks for."""

    XS = "xs"
    S = "s"
    M = "m"
    L = "l"
    XL = "xl"


class Probe(StrEnum):
    """How a pod is asked whether it is well."""

    HTTP = "http"
    TCP = "tcp"
    GRPC = "grpc"
    EXEC = "exec"


class Tls(StrEnum):
    """Where TLS ends for who calls an Ingress from outside.

    In the ingress controller, by a certificate of cert-manager; at the load balancer, by one of
    ACM; or at the load balancer, from which it is encrypted anew.
    """

    CERT_MANAGER = "cert-manager"
    ACM = "acm"
    BOTH = "both"


class Strategy(StrEnum):
    """How a new version takes the place of the old one."""

    ROLLING_UPDATE = "RollingUpdate"
    RECREATE = "Recreate"
    CANARY = "Canary"


class Autoscaler(StrEnum):
    """Who says how many pods there are."""

    HPA = "hpa"
    KEDA = "keda"


class Expose(StrEnum):
    """How the world outside reaches an app."""

    INGRESS = "ingress"
    HTTP_ROUTE = "httproute"
    LOAD_BALANCER = "load-balancer"


class Store(StrEnum):
    """Where an app's secrets are kept."""

    SOPS = "sops"
    EXTERNAL = "external-secrets"
    SEALED = "sealed-secrets"
    VAULT = "vault"


class Migrations(StrEnum):
    """When an app's database is migrated: before a new version starts, or after."""

    PRE = "pre"
    POST = "post"


class Database(StrEnum):
    """Where an app's PostgreSQL is: elsewhere, or in its namespace by CloudNativePG."""

    EXTERNAL = "external"
    CNPG = "cnpg"


class Tracing(StrEnum):
    """Which component of the platform takes an app's traces."""

    JAEGER = "jaeger"
    TEMPO = "tempo"


class Extra(StrEnum):
    """What an app may have from the fleet's `components/` besides what every app has."""

    SPOT = "spot"
    GOLDILOCKS = "goldilocks"
    MESH = "mesh"
    MTLS = "mtls-nginx"


LOG_PARSERS = (
    "apache",
    "apache2",
    "apache_error",
    "cri",
    "docker",
    "envoy",
    "istio-envoy-proxy",
    "json",
    "logfmt",
    "mongodb",
    "nginx",
    "syslog-rfc3164",
    "syslog-rfc5424",
)
"""Those that Fluent Bit brings along.

Source: https://github.com/fluent/fluent-bit/blob/master/conf/parsers.conf.
"""


def app_preset(text: str) -> Preset:
    """The preset with this name.

    Raises:
        InvalidInput: there is none.
    """
    return choice(Preset, text, f"no preset {text!r} is known")


def app_kind(text: str) -> Kind:
    """The kind of app with this name.

    Raises:
        InvalidInput: there is none.
    """
    return choice(Kind, text, f"no app can be written as {text!r}")

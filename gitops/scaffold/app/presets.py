"""What an app of each preset is run with, and how much of a node each size asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Preset, Probe, Size
from gitops.scaffold.app.tracing import tracing_literals

OTEL_PORT: Final = 9464
"""Where OpenTelemetry's Prometheus exporter listens.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
"""

JMX_PORT: Final = 9404


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a preset says where nobody says otherwise.

    `metrics_port` is None where metrics are told where requests are answered. `config` are
    variables as KEY=VALUE, `metrics_config` those that the metrics need.
    """

    size: Size
    metrics_port: int | None = OTEL_PORT
    command: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    metrics_config: tuple[str, ...] = ()
    live: str = "/healthz"
    ready: str = "/readyz"


@dataclass(frozen=True, slots=True)
class Amount:
    """What a pod requests, and the memory that it may use at most.

    There is no limit of CPU: it would slow a pod down on a node that has nothing else to do.
    """

    cpu: str
    memory: str
    limit: str


AMOUNTS: Final[Mapping[Size, Amount]] = {
    Size.XS: Amount("10m", "32Mi", "64Mi"),
    Size.S: Amount("50m", "64Mi", "256Mi"),
    Size.M: Amount("100m", "256Mi", "512Mi"),
    Size.L: Amount("250m", "512Mi", "1Gi"),
    Size.XL: Amount("1000m", "2Gi", "2Gi"),
}

_LOGS = ("LOG_LEVEL=info", "LOG_FORMAT=json")

_GUNICORN = (
    "gunicorn",
    "--bind=0.0.0.0:{port}",
    "--workers=2",
    "--threads=4",
    # The root file system cannot be written to, and a heartbeat on a disk may stall.
    "--worker-tmp-dir=/dev/shm",
    # Within the pod's grace, less what its preStop waits.
    "--graceful-timeout=25",
    "--access-logfile=-",
    "app:app",
)

RECIPES: Final[Mapping[Preset, Recipe]] = {
    Preset.GENERIC: Recipe(Size.S, metrics_port=None),
    Preset.PYTHON_WSGI: Recipe(
        Size.M,
        command=_GUNICORN,
        config=_LOGS,
        metrics_config=("PROMETHEUS_MULTIPROC_DIR=/tmp", "METRICS_PORT={port}"),
    ),
    Preset.JVM: Recipe(
        Size.L,
        metrics_port=JMX_PORT,
        config=_LOGS,
        metrics_config=(
            "JAVA_TOOL_OPTIONS=-javaagent:/opt/jmx/agent.jar={port}:/opt/jmx/config.yaml",
        ),
    ),
    Preset.NODE: Recipe(
        Size.M,
        config=("NODE_ENV=production", *_LOGS),
        metrics_config=("METRICS_PORT={port}",),
    ),
    Preset.STATIC: Recipe(Size.XS, metrics_port=None, live="/", ready="/index.html"),
    Preset.WORKER: Recipe(Size.S, config=_LOGS, metrics_config=("METRICS_PORT={port}",)),
    Preset.CRON: Recipe(Size.S, config=_LOGS),
    Preset.STATEFUL: Recipe(Size.M, metrics_port=None),
}


def recipe(answers: AppAnswers) -> Recipe:
    """What the app's preset says."""
    return RECIPES[answers.workload.preset]


def amount(answers: AppAnswers) -> Amount:
    """What each pod of an app asks for."""
    return AMOUNTS[answers.workload.size or recipe(answers).size]


def command(answers: AppAnswers) -> tuple[str, ...]:
    """What runs in the containers; () for what the image says."""
    own = answers.workload.command
    return own or tuple(text.format(port=answers.port) for text in recipe(answers).command)


def metrics_port(answers: AppAnswers) -> int | None:
    """Where metrics are told; None where there are none, or where requests are answered."""
    if not answers.metrics:
        return None
    port = answers.metrics_port or recipe(answers).metrics_port
    return None if port == answers.port and answers.workload.preset.serves else port


def metrics_name(answers: AppAnswers) -> str:
    """The name of the port that tells the metrics."""
    return "http" if metrics_port(answers) is None else "metrics"


def literals(answers: AppAnswers) -> tuple[str, ...]:
    """What the app's ConfigMap says in every environment, as KEY=VALUE; () where it has none."""
    own = recipe(answers)
    texts = [*own.config]
    if answers.metrics:
        port = metrics_port(answers) or answers.port
        texts += [text.format(port=port) for text in own.metrics_config]
    texts += tracing_literals(answers)
    said = {text.partition("=")[0]: text for text in texts}
    said |= {e.key: f"{e.key}={e.value}" for e in answers.variables if not e.environment}
    if not said and answers.variables:
        return ("ENVIRONMENT=${environment}",)
    return tuple(said.values())


def probe(answers: AppAnswers) -> Probe | None:
    """How the app's pods are asked whether they are well; None where nobody asks."""
    work = answers.workload
    if work.probe is not None:
        return work.probe
    if work.preset.keeps and not (work.live or work.ready):
        # Most that keep data speak a protocol of their own.
        return Probe.TCP
    if work.preset.serves:
        return Probe.HTTP
    return Probe.TCP if answers.metrics and work.preset is Preset.WORKER else None

"""Where an app sends its traces: variables that every OpenTelemetry SDK reads, and the way there.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ and
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/; the Services are
those of the charts in the catalogue.
"""

from collections.abc import Iterator
from typing import Final

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_traffic import Egress

PORT: Final = 4318
"""Of OTLP over HTTP, on the Service and on its pods alike."""


def tracing_literals(answers: AppAnswers) -> Iterator[str]:
    """What the app's ConfigMap says of it, as KEY=VALUE; nothing where there are no traces.

    Metrics and logs go other ways, so that SDKs are told not to send them along.
    """
    store = answers.tracing
    if store is None:
        return
    # Release and namespace have the component's name.
    yield f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{store}.{store}.svc.cluster.local:{PORT}"
    yield "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
    yield f"OTEL_SERVICE_NAME={answers.name}"
    yield (
        f"OTEL_RESOURCE_ATTRIBUTES=service.namespace={answers.team},"
        "deployment.environment.name=${environment},k8s.cluster.name=${cluster}"
    )
    yield "OTEL_TRACES_EXPORTER=otlp"
    yield "OTEL_METRICS_EXPORTER=none"
    yield "OTEL_LOGS_EXPORTER=none"


def tracing_egress(answers: AppAnswers) -> Iterator[Egress]:
    """The pods to which traces go."""
    store = answers.tracing
    if store is not None:
        yield Egress("tracing", PORT, store, store)

"""Faults of where traces go: FL830, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault, an, both, container


def _sent(endpoint: str) -> str:
    return container(f"env: [{{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: '{endpoint}'}}]")


def _told(endpoint: str) -> str:
    return an("ConfigMap", "settings", f"data: {{OTEL_EXPORTER_OTLP_ENDPOINT: '{endpoint}'}}\n")


_TEMPO = "http://tempo.tempo.svc.cluster.local:4318"
_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: tempo, namespace: tempo}
spec: {chartRef: {kind: OCIRepository, name: tempo}}
"""

RENDERED_FAULTS = (
    RenderedFault("FL830", "nobody takes traces", _sent(_TEMPO), both(_sent(_TEMPO), _RELEASE)),
    RenderedFault("FL830", "a ConfigMap says so", _told(_TEMPO), both(_told(_TEMPO), _RELEASE)),
    RenderedFault(
        "FL830",
        "a Service of another name",
        _sent("http://payment.shop.svc:4318"),
        _sent("http://payments.shop.svc:4318"),
    ),
    RenderedFault(
        "FL830",
        "without a scheme",
        _sent("tempo.tempo.svc:4317"),
        _sent("https://otlp.example.com"),
    ),
)

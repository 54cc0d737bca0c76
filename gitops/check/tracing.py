"""Whether traces are sent to somebody.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
"""

import re
from collections.abc import Iterator

from gitops.check.finding import Finding
from gitops.check.pods import told, workloads
from gitops.check.rendered import Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.rendering.model import Object

_NAMES = re.compile(r"OTEL_EXPORTER_OTLP_(?:TRACES_|METRICS_|LOGS_)?ENDPOINT")
_SERVICE = re.compile(r"(?:https?://)?([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:[.:/].*)?")


def endpoints(rendered: Rendered) -> Iterator[Finding]:
    """FL830: an endpoint of OTLP that is a Service which is not there."""
    around = rendered.around
    for about, name, value in _said(rendered):
        found = _SERVICE.fullmatch(value)
        if found is None or not around.closed(found[2]):
            continue
        if around.named("Service", found[2], found[1]) is None:
            said = f"{name} is the Service {found[1]} of {found[2]}, which is not there"
            hint = "add the component that takes traces, such as tempo, or correct the address"
            yield told("FL830", about, said, hint)


def _said(rendered: Rendered) -> Iterator[tuple[Object, str, str]]:
    for each in rendered.objects:
        if each.kind == "ConfigMap" and not each.group:
            for key, said in each.mapping_at("data").items():
                if _NAMES.fullmatch(key) and isinstance(said, str):
                    yield each, key, said
    for workload in workloads(rendered):
        for container in workload.containers:
            for variable in map(mapping, sequence(container.at("env"))):
                name, value = text(variable.get("name")), text(variable.get("value"))
                if name and value and _NAMES.fullmatch(name):
                    yield workload.about, name, value


RULES: tuple[RenderedRule, ...] = (endpoints,)

"""Whether what an Ingress answers is encrypted on its way.

Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls and, for certificates
of ACM, https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/.
"""

from collections.abc import Iterator

from gitops.check.finding import Finding
from gitops.check.pods import told
from gitops.check.rendered import Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.rendering.model import Object

_OF_LISTENER = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
_OF_INGRESS = "alb.ingress.kubernetes.io/certificate-arn"
_BALANCED = "alb"
"""The IngressClass whose controller finds certificates of ACM by the hosts themselves."""


def certificates(rendered: Rendered) -> Iterator[Finding]:
    """FL831: a host of an Ingress that has no certificate anywhere."""
    for about in rendered.objects:
        if about.kind != "Ingress" or about.group != "networking.k8s.io" or _of_acm(about):
            continue
        hosts = [text(mapping(each).get("host")) for each in sequence(about.at("spec", "rules"))]
        bare = [host for host in dict.fromkeys(hosts) if host and not _covered(about, host)]
        if bare and not any(map(_decrypts, rendered.around.objects)):
            said = f"has no certificate for {', '.join(bare)}"
            hint = "name its Secret under spec.tls, or the certificate at the load balancer"
            yield told("FL831", about, said, hint)


def _of_acm(ingress: Object) -> bool:
    named = _OF_INGRESS in ingress.mapping_at("metadata", "annotations")
    return named or ingress.at("spec", "ingressClassName") == _BALANCED


def _covered(ingress: Object, host: str) -> bool:
    """Whether `spec.tls` has the host; without a Secret it is the controller's own certificate."""
    below = f"*.{host.partition('.')[2]}"
    for each in map(mapping, sequence(ingress.at("spec", "tls"))):
        named = sequence(each.get("hosts"))
        if not named or host in named or below in named:
            return True
    return False


def _decrypts(about: Object) -> bool:
    """Whether it brings a load balancer at which TLS ends, itself or by the values of a chart."""
    if about.kind == "Service":
        return _OF_LISTENER in about.mapping_at("metadata", "annotations")
    return about.kind == "HelmRelease" and _has_key(about.at("spec", "values"), _OF_LISTENER)


def _has_key(value: object, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_has_key(each, key) for each in value.values())
    return isinstance(value, list) and any(_has_key(each, key) for each in value)


RULES: tuple[RenderedRule, ...] = (certificates,)

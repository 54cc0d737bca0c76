"""Faults of the certificates of Ingresses: FL831, over the CLUSTER of workloads."""

from tests.faults.workloads import RenderedFault, both, ingress

_CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d"
_LISTENER = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
_SECRET = "  tls: [{hosts: [pay.example.com], secretName: payments-tls}]\n"
_RIGHT = ingress("name: http")
_BARE = _RIGHT.replace(_SECRET, "")


def release(annotations: str) -> str:
    """An ingress controller by its chart, whose Service has these annotations."""
    return f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: ingress, namespace: gateway}}
spec: {{values: {{controller: {{service: {{annotations: {{{annotations}}}}}}}}}}}
"""


RENDERED_FAULTS = (
    RenderedFault("FL831", "no certificate", _BARE, _RIGHT),
    RenderedFault(
        "FL831",
        "a certificate for another host",
        _RIGHT.replace("[pay.example.com]", "[shop.example.com]"),
        _RIGHT.replace("[pay.example.com]", "['*.example.com']"),
    ),
    RenderedFault(
        "FL831",
        "a load balancer that decrypts nothing",
        both(_BARE, release("aws-load-balancer-scheme: internal")),
        both(_BARE, release(f"{_LISTENER}: '{_CERTIFICATE}'")),
    ),
    RenderedFault(
        "FL831",
        "a class of another controller",
        _BARE.replace("spec:\n", "spec:\n  ingressClassName: nginx\n"),
        _BARE.replace("spec:\n", "spec:\n  ingressClassName: alb\n"),
    ),
)

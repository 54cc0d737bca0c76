"""Whether a SealedSecret can be opened where it is applied.

kubeseal encrypts for one name in one namespace, and writes both into the template too, which
kustomize leaves as it is. With a wider scope the name, or the namespace too, may be any.

Source: https://github.com/bitnami-labs/sealed-secrets#scopes.
"""

from collections.abc import Iterator

from gitops.check.finding import Finding
from gitops.check.pods import told
from gitops.check.rendered import Rendered, RenderedRule
from gitops.rendering.model import Object

_PREFIX = "sealedsecrets.bitnami.com"


def scopes(rendered: Rendered) -> Iterator[Finding]:
    """FL829: a SealedSecret under another name or in another namespace than it is sealed for."""
    for sealed in (o for o in rendered.objects if o.kind == "SealedSecret"):
        steps = ("spec", "template", "metadata")
        name, namespace = (sealed.text_at(*steps, key) for key in ("name", "namespace"))
        if _wide(sealed, "cluster-wide"):
            continue
        if namespace and namespace != sealed.namespace:
            said = f"is sealed for the namespace {namespace}, and applied to {sealed.namespace}"
            hint = f"seal it anew: `kubeseal --namespace {sealed.namespace}`"
            yield told("FL829", sealed, said, hint)
        elif name and name != sealed.name and not _wide(sealed, "namespace-wide"):
            said = f"is sealed for the name {name}, and applied as {sealed.name}"
            yield told("FL829", sealed, said, "seal it anew under that name, or leave its name")


def _wide(sealed: Object, scope: str) -> bool:
    places = (("metadata",), ("spec", "template", "metadata"))
    return any(
        sealed.mapping_at(*steps, "annotations").get(f"{_PREFIX}/{scope}") == "true"
        for steps in places
    )


RULES: tuple[RenderedRule, ...] = (scopes,)

"""Which bytes a pod runs: tags that move, places that are paid for, placeholders."""

from collections.abc import Iterator

from gitops.check.finding import Finding
from gitops.check.pods import told, workloads
from gitops.check.rendered import Rendered, RenderedRule
from gitops.sites import normalise
from gitops.version import UNRELEASED

_BITNAMI = "docker.io/bitnami/"


def images(rendered: Rendered) -> Iterator[Finding]:
    """FL912: no tag, or latest. FL913: no digest at the end. FL914: bitnami. FL915: unreleased."""
    for workload in workloads(rendered):
        for container in workload.containers:
            image = container.image
            if not image or "$" in image:
                continue
            name, tag, digest = _split(image)
            if not digest and tag in {"", "latest"}:
                said = f"{image} is another image whenever somebody pushes"
                yield told("FL912", workload.about, said, "write a version and its digest")
            elif not digest and tag != UNRELEASED and rendered.last and rendered.guarded:
                said = f"{image} may be other bytes tomorrow: it has no digest"
                yield told("FL913", workload.about, said, "write `@sha256:...` behind the tag")
            if normalise(name).startswith(_BITNAMI):
                said = f"{image}: bitnami's images are not free of charge any more"
                hint = "take the makers' own image; docker.io/bitnamilegacy gets no fixes"
                yield told("FL914", workload.about, said, hint)
            if tag == UNRELEASED and not rendered.asleep:
                said = f"{image} is a place for a version, and would be pulled"
                hint = "suspend its Flux Kustomization until the first release, or set a version"
                yield told("FL915", workload.about, said, hint)


def _split(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image; "" for what it has not."""
    rest, _, digest = image.partition("@")
    above, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{above}{slash}{name}", tag, digest


RULES: tuple[RenderedRule, ...] = (images,)

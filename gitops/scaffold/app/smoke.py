"""The Job that asks an app's Service once it runs, in a Flux Kustomization of its own.

It is made anew with each release: an annotation of its pod names the app's image, with the version
that the environment's Component gives it.
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.app.containers import Filled
from gitops.scaffold.app.parts import LABELS, NAME, OWN_NAME, PART_OF, Resource
from gitops.scaffold.app.presets import recipe
from gitops.scaffold.template import Values, filled

IMAGE = "fairlead.dev/image"
"""The annotation: kustomizeconfig.yaml tells kustomize to keep its version, too."""

# An answer is all that is wanted; the first that is no success ends it.
_ASK = ("curl", "--fail", "--fail-early", "--silent", "--show-error", "--max-time", "10")
_AGAIN = ("--retry", "5", "--retry-connrefused")


def smoke(answers: AppAnswers) -> Iterator[Resource]:
    """The Job, and the policies that let it and nothing else through; nothing unless asked for."""
    if not answers.smoke:
        return
    name, template = f"{answers.name}-smoke", ("spec", "template")
    made = Filled((*template, "spec"), "smoke")
    made.values[NAME] = name
    places: tuple[Address, ...] = (LABELS, (*template, *LABELS))
    for place in places:
        # Not of the app: what the app may call is nothing to it.
        made.values |= {(*place, OWN_NAME): name, (*place, PART_OF): name}
    made.values[(*template, "metadata", "annotations", IMAGE)] = answers.images[0]
    made.values[(*made.spec, "serviceAccountName")] = answers.name
    made.listed((*made.container, "command"), (*_ASK, *_AGAIN, *_urls(answers)))
    yield Resource("job.yaml", made.written("app/smoke.yaml"))
    if answers.traffic.closed:
        yield Resource("policies.yaml", _policies(answers, name))


def _urls(answers: AppAnswers) -> Iterator[str]:
    """Each URL of the Service, with the option that throws away what is answered."""
    paths = answers.smoke_paths or ("/", answers.workload.live or recipe(answers).live)
    for path in dict.fromkeys(paths):
        yield "--output"
        yield "/dev/null"
        yield f"http://{answers.name}{path}"


def _policies(answers: AppAnswers, name: str) -> bytes:
    match = ("podSelector", "matchLabels")
    inward: Values = {
        ("spec", *match, PART_OF): answers.name,
        ("spec", "ingress", 0, "from", 0, *match, OWN_NAME): name,
    }
    outward: Values = {
        ("spec", *match, OWN_NAME): name,
        ("spec", "egress", 0, "to", 0, *match, PART_OF): answers.name,
        ("spec", "egress", 0, "ports", 0, "port"): answers.port,
    }
    return filled("app/smoke-policies.yaml", inward, outward)

"""`verifying`: the commands by which a person sees that what is rendered works in a cluster.

They ask and change nothing, and none of them is run here. Sources:
https://fluxcd.io/flux/cmd/flux_get/ and https://kubernetes.io/docs/reference/kubectl/generated/.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops.inclusion.flux_objects import mapping
from gitops.rendering.doors import doors, paths
from gitops.rendering.model import Object, Output

_ROLLED_OUT = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_PODS = "custom-columns=NAME:.metadata.name,PHASE:.status.phase,IMAGES:.spec.containers[*].image"
_PATIENCE = "--timeout=5m"
_CURL = "curl --fail --silent --show-error --location --max-time 10 --output /dev/null"
_CODE = r"--write-out '%{http_code} %{url_effective}\n'"


@dataclass(frozen=True, slots=True)
class Step:
    """One question to a cluster.

    `about` says what a good answer is; `command` is a line for a POSIX shell.
    """

    about: str
    command: str


def steps(outputs: Sequence[Output]) -> tuple[Step, ...]:
    """How to see that an app works in one cluster: first that it is applied, last that it answers.

    Args:
        outputs: what is rendered of the app for that cluster.
    """
    objects = [each for output in outputs for each in output.objects]
    return (*_applied(outputs), *_released(objects), *_running(objects), *_answering(objects))


def _applied(outputs: Sequence[Output]) -> Iterator[Step]:
    for build in (output.build for output in outputs):
        if build is not None and build.kustomization is not None:
            found = build.kustomization
            about = f"Flux has applied {build.directory}: Ready, at the revision of the merge"
            namespace = found.namespace or "flux-system"
            yield _step(about, "flux get kustomizations", found.name, namespace)


def _released(objects: Sequence[Object]) -> Iterator[Step]:
    for each in objects:
        if each.kind == "HelmRelease":
            about = "Helm has released the chart: Ready, at the version that is written"
            yield _step(about, "flux get helmreleases", each.name, each.namespace)
            space = each.text_at("spec", "targetNamespace")
            name = f"{space}-{each.name}" if space else each.name
            # Charts are asked to say the release's name so.
            # Source: https://helm.sh/docs/chart_best_practices/labels/.
            labels = {"app.kubernetes.io/instance": each.text_at("spec", "releaseName") or name}
            yield _pods(labels, space or each.namespace)


def _running(objects: Sequence[Object]) -> Iterator[Step]:
    canaries = {o.text_at("spec", "targetRef", "name"): o for o in objects if o.kind == "Canary"}
    for each in objects:
        if each.kind in _ROLLED_OUT:
            yield from _rolled_out(each, canaries.get(each.name))
        elif each.kind == "Job":
            words = ("--for=condition=Complete", _PATIENCE)
            yield _step(
                "it has succeeded", "kubectl wait", f"job/{each.name}", each.namespace, *words
            )
        elif each.kind == "CronJob":
            about = "it is not suspended, and has been scheduled"
            yield _step(about, "kubectl get cronjobs", each.name, each.namespace)


def _rolled_out(workload: Object, canary: Object | None) -> Iterator[Step]:
    """A workload's pods; with a canary those of the second Deployment, which has the traffic.

    Flagger names it after the first, and its labels like it.
    Source: https://docs.flagger.app/usage/how-it-works#canary-target.
    """
    name = workload.name
    if canary is not None:
        name = f"{name}-primary"
        about = "Flagger is done with it: Succeeded, or Initialized after the first release"
        yield _step(about, "kubectl get canaries", canary.name, canary.namespace)
    what = f"{workload.kind.lower()}/{name}"
    space = workload.namespace
    yield _step(
        "all of its pods are new and ready", "kubectl rollout status", what, space, _PATIENCE
    )
    chosen = workload.mapping_at("spec", "selector", "matchLabels").items()
    labels = {key: name if value == workload.name else str(value) for key, value in chosen}
    containers = workload.at("spec", "template", "spec", "containers")
    listed = containers if isinstance(containers, list) else []
    yield _pods(labels, space, *(str(mapping(each).get("image")) for each in listed))


def _pods(labels: Mapping[str, str], namespace: str, *images: str) -> Step:
    about = f"its pods are Running{', of ' if images else ''}{' and '.join(images)}"
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    words = ("--selector", selector, "--output", _PODS)
    return _step(about, "kubectl get pods", "", namespace, *words)


def _answering(objects: Sequence[Object]) -> Iterator[Step]:
    shown = ""
    for door in doors(objects):
        if door.command != shown:
            yield Step(door.about, door.command)
            shown = door.command
        for path in dict.fromkeys(p for name in door.services for p in paths(objects, name)):
            url = f"{door.url}{shlex.quote(path)}"
            yield Step("it answers with 200", f"{_CURL} {_CODE} {url}")


def _step(about: str, verb: str, name: str, namespace: str, *more: str) -> Step:
    words = [*([name] if name else []), "--namespace", namespace, *more]
    return Step(about, f"{verb} {shlex.join(words)}")

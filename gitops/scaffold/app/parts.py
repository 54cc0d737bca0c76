"""What an app's directories are put together from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Preset
from gitops.scaffold.template import Values, filled

Files = Iterator[tuple[str, bytes]]
"""Paths with what is written there."""

NAME: Address = ("metadata", "name")
LABELS: Address = ("metadata", "labels")
OWN_NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"


@dataclass(frozen=True, slots=True)
class Resource:
    """A manifest: its file's name, and its bytes."""

    file: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Patch:
    """What one environment changes of an object: a file beside its kustomization.yaml."""

    file: str
    kind: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Pods:
    """One workload of an app: what its image runs as.

    `role` tells it from the app's other workloads, and stays as it is where Flagger renames a
    workload's pods.
    """

    name: str
    image: str
    role: str
    first: bool

    @property
    def prefix(self) -> str:
        """What its files' names begin with."""
        return "" if self.first else f"{self.name}-"


def pods_of(answers: AppAnswers) -> Iterator[Pods]:
    """The workloads of an app, one for each image; none of a chart's."""
    if answers.chart is not None:
        return
    preset = answers.workload.preset
    role = "web" if preset.serves and not preset.keeps else preset.value
    for name, image in zip(answers.workloads, answers.images, strict=True):
        first = name == answers.name
        own = role if first else name.removeprefix(f"{answers.name}-")
        yield Pods(name, image, own, first)


def is_cron(answers: AppAnswers) -> bool:
    """Whether its pods run at times and not always."""
    return answers.workload.preset is Preset.CRON


def headless(workload: str) -> str:
    """The Service by which the pods of a StatefulSet have names of their own."""
    return f"{workload}-headless"


def labelled(name: str, app: str) -> Values:
    """The name and the labels of an object that belongs to one workload, or to the app."""
    return {NAME: name, (*LABELS, OWN_NAME): name, (*LABELS, PART_OF): app}


def kustomization(
    name: str,
    resources: Sequence[str],
    literals: Iterable[str] = (),
    *,
    generated: str = "app",
    configured: bool = False,
) -> bytes:
    """A directory's kustomization.yaml by the template `name`.

    `literals` are what the ConfigMap `generated` says; `configured` is whether there is a
    kustomizeconfig.yaml beside it.
    """
    texts = list(literals)
    values: dict[Address, str] = {("resources", i): path for i, path in enumerate(resources)}
    grown: dict[Address, int] = {("resources",): len(resources)}
    generator: Address = ("configMapGenerator",)
    gone: list[Address] = [] if configured else [("configurations",)]
    if texts:
        values[(*generator, 0, "name")] = generated
        values |= {(*generator, 0, "literals", i): text for i, text in enumerate(texts)}
        grown[(*generator, 0, "literals")] = len(texts)
    else:
        gone.append(generator)
    return filled(name, values, grown=grown, dropped=gone)

"""`envs/ENVIRONMENT/`: what differs there, and the version."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.app.chart import version_files
from gitops.scaffold.app.parts import Files, Patch
from gitops.scaffold.app.presets import literals
from gitops.scaffold.template import Values, filled


@dataclass(frozen=True, slots=True)
class Overlay:
    """A directory of one environment that Flux applies.

    Paths are relative to `directory`. `generated` is the ConfigMap that gets `literals` and
    `files`, `replicas` are by workload.
    """

    directory: str
    namespace: str
    resources: Sequence[str]
    components: Sequence[str]
    patches: Sequence[Patch] = ()
    literals: Sequence[str] = ()
    files: Sequence[str] = ()
    generated: str = ""
    replicas: dict[str, int] = field(default_factory=dict)


def overlay_files(overlay: Overlay) -> Files:
    """Its kustomization.yaml and its patches."""
    values: dict[Address, str | int | bool] = {("namespace",): overlay.namespace}
    grown: dict[Address, int] = {}
    dropped: list[Address] = []

    def listed(field_: str, count: int) -> bool:
        if count:
            grown[field_,] = count
        else:
            dropped.append((field_,))
        return bool(count)

    for name, texts in (("resources", overlay.resources), ("components", overlay.components)):
        listed(name, len(texts))
        values |= {(name, index): text for index, text in enumerate(texts)}
    _generated(overlay, values, grown, dropped)
    if listed("replicas", len(overlay.replicas)):
        for index, (workload, count) in enumerate(overlay.replicas.items()):
            values["replicas", index, "name"] = workload
            values["replicas", index, "count"] = count
    listed("patches", len(overlay.patches))
    for index, patch in enumerate(overlay.patches):
        values["patches", index, "path"] = patch.file
        values["patches", index, "target", "kind"] = patch.kind
        values["patches", index, "target", "name"] = patch.name
    data = filled("app/environment.yaml", values, grown=grown, dropped=dropped)
    yield f"{overlay.directory}/kustomization.yaml", data
    for patch in overlay.patches:
        yield f"{overlay.directory}/{patch.file}", patch.data


def _generated(
    overlay: Overlay,
    values: dict[Address, str | int | bool],
    grown: dict[Address, int],
    dropped: list[Address],
) -> None:
    generator: Address = ("configMapGenerator",)
    if not (overlay.literals or overlay.files):
        dropped.append(generator)
        return
    values[(*generator, 0, "name")] = overlay.generated
    for name, texts in (("literals", overlay.literals), ("files", overlay.files)):
        at: Address = (*generator, 0, name)
        if not texts:
            dropped.append(at)
            continue
        grown[at] = len(texts)
        values |= {(*at, index): text for index, text in enumerate(texts)}


def version(answers: AppAnswers, directory: str) -> Files:
    """The Component that says the versions, and nothing else."""
    if answers.chart is None:
        yield f"{directory}/kustomization.yaml", _images(answers)
        return
    found = list(version_files(answers, answers.chart))
    paths: Values = {("patches", index, "path"): each.file for index, each in enumerate(found)}
    data = filled("app/version-chart.yaml", paths, grown={("patches",): len(found)})
    yield f"{directory}/kustomization.yaml", data
    for each in found:
        yield f"{directory}/{each.file}", each.data


def _images(answers: AppAnswers) -> bytes:
    images = answers.images
    values: Values = {("images", index, "name"): image for index, image in enumerate(images)}
    return filled("app/version.yaml", values, grown={("images",): len(images)})


def own_literals(answers: AppAnswers, environment: str, *, first: bool) -> Iterator[str]:
    """What the app's ConfigMap says otherwise in one environment, as KEY=VALUE."""
    own = [each for each in answers.variables if each.environment == environment]
    told = {each.key for each in answers.variables}
    if first and "LOG_LEVEL=info" in literals(answers) and "LOG_LEVEL" not in told:
        yield "LOG_LEVEL=debug"
    yield from (f"{each.key}={each.value}" for each in own)

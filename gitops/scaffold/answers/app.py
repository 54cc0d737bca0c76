"""What a person answers about an app: checked before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitops.config.scalars import check_git_url
from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_config import Chart, Secrets, Variable, by_environment
from gitops.scaffold.answers.app_options import Database, Extra, Kind, Migrations, Tracing
from gitops.scaffold.answers.app_rules import refuse_together
from gitops.scaffold.answers.app_traffic import Traffic
from gitops.scaffold.answers.app_workload import Scaling, Workload
from gitops.scaffold.answers.names import (
    LET_IN,
    LONGEST_APP,
    TAKEN,
    label,
    of_the_cluster,
    starts_with_a_letter,
)
from gitops.sites import parse_reference


@dataclass(frozen=True, slots=True)
class AppAnswers:
    """What `add app` needs to know.

    One of `source` (the URL of the app's repository) and `range` (of versions of an app that others
    build) is None. `tag` and `build` are the templates of its images' tags. `port` is what its
    containers listen on, `metrics_port` where they tell their metrics: that of the preset, or the
    same, where it is None. `tracing` is who takes its traces, None where it sends none. `smoke` is
    whether a Job asks its Service after each release, for `smoke_paths`, or for `/` and the path of
    its livenessProbe where they are (). `versions` are those that run already, by environment:
    `TAG`, `TAG@DIGEST`, or `IMAGE=TAG@DIGEST` for each image.
    """

    name: str
    team: str
    images: tuple[str, ...]
    source: str | None = None
    range: str | None = None
    tag: str = "{tag}"
    build: str | None = None
    port: int = 8080
    kind: Kind = Kind.KUSTOMIZE
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    workload: Workload = field(default_factory=Workload)
    scaling: Scaling = field(default_factory=Scaling)
    traffic: Traffic = field(default_factory=Traffic)
    metrics: bool = False
    metrics_port: int | None = None
    tracing: Tracing | None = None
    variables: tuple[Variable, ...] = ()
    secrets: Secrets = field(default_factory=Secrets)
    database: Database | None = None
    migrations: Migrations | None = None
    migration_command: tuple[str, ...] = ()
    smoke: bool = False
    smoke_paths: tuple[str, ...] = ()
    rights: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()
    chart: Chart | None = None

    def __post_init__(self) -> None:
        self._check_name()
        for port in (self.port, self.metrics_port):
            if port is not None and not 1 <= port <= 65535:
                raise InvalidInput(f"{port} is no port", "name one from 1 to 65535")
        self._check_stream()
        self._check_images()
        by_environment(self.variables)
        refuse_together(self)

    def _check_name(self) -> None:
        name = label(self.name, "app")
        told, hint = f"no app can be named {name}", f"name it {name}-app, for example"
        other = f"name it app-{name}, for example"
        if name in TAKEN:
            raise InvalidInput(f"{told}: the Flux Kustomization of that name is taken", hint)
        if of_the_cluster(name):
            raise InvalidInput(f"{told}: that namespace is the cluster's own", other)
        if name in LET_IN:
            raise InvalidInput(f"{told}: policies let in what runs in that namespace", hint)
        if not starts_with_a_letter(name):
            raise InvalidInput(f"{told}: a Service's name starts with a letter", other)
        if len(name) > LONGEST_APP:
            told = f"the app's name has {len(name)} characters, and its objects have longer ones"
            raise InvalidInput(told, f"write it with {LONGEST_APP} at most")

    def _check_stream(self) -> None:
        try:
            check_git_url(self.source or "file:///none")
        except InvalidInput as error:
            raise InvalidInput(f"--source: {error.message}", error.hint) from error
        if self.source is None and self.range is None:
            hint = "--source URL for an app of yours, --range '>=1.0.0' for one that others build"
            raise InvalidInput("nothing says where new versions come from", f"add {hint}")
        if self.source is not None and self.range is not None:
            told = "an app with a --source follows what fleet.yaml says"
            raise InvalidInput(told, "leave out --range, or --source")
        if self.source is None and self.build is not None:
            raise InvalidInput("an app without --source has no builds", "leave out --build")

    def _check_images(self) -> None:
        if not self.images and self.chart is None:
            raise InvalidInput("the app has no image", "add --image REPOSITORY")
        for image in self.images:
            reference = parse_reference(image)
            if reference is None:
                hint = "write it as registry.example.com/shop/payments"
                raise InvalidInput(f"{image!r} is no image repository", hint)
            if reference.tag or reference.digest:
                told = f"{image} names a version; an app's image is the repository alone"
                hint = f"write --image {reference.repository}, and --version ENV=VERSION beside it"
                raise InvalidInput(told, hint)
        workloads = self.workloads
        if len(set(workloads)) < len(workloads):
            told = f"two images would be the workload {max(workloads, key=workloads.count)}"
            raise InvalidInput(told, "name each image once; the last part of its name is used")

    @property
    def workloads(self) -> tuple[str, ...]:
        """The name of each image's Deployment: the app's own for the first."""
        rest = [
            image.rpartition("/")[2].replace(".", "-").replace("_", "-") for image in self.images
        ]
        named = [n if n.startswith(f"{self.name}-") else f"{self.name}-{n}" for n in rest[1:]]
        return (self.name, *named)

"""What apps have in common: kustomize Components below the fleet's `components/`.

A Component is there for what is the same for every app whatever its name; whatever names the app is
a file of the app.
"""

from collections.abc import Iterator
from importlib.resources import files

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Extra, Strategy
from gitops.scaffold.app.parts import Files, is_cron
from gitops.scaffold.template import template

COMPONENTS = ("default-deny", "goldilocks", "mesh", "mtls-nginx", "spot", "spread")
"""Those that there are; each builds with any of the others, in any order."""

_ROOT = "components"


def with_namespace(answers: AppAnswers, *, last: bool) -> Iterator[str]:
    """The Components that go where the namespace is; `last` is the environment at the end."""
    if answers.traffic.closed:
        yield "default-deny"
    # What it recommends is for those who try; the last environment is not to be measured anew.
    if Extra.GOLDILOCKS in answers.extras and not last:
        yield "goldilocks"
    if Extra.MESH in answers.extras:
        yield "mesh"


def with_pods(answers: AppAnswers) -> Iterator[str]:
    """The Components that change Deployments."""
    if answers.chart is not None or is_cron(answers) or answers.workload.preset.keeps:
        return
    if answers.workload.strategy is not Strategy.RECREATE:
        yield "spread"
    if Extra.SPOT in answers.extras:
        yield "spot"
    if Extra.MTLS in answers.extras:
        yield "mtls-nginx"


def component_files(names: set[str]) -> Files:
    """The files of these Components, from the fleet's root."""
    for name in sorted(names):
        for file in sorted(component_file_names(name)):
            yield f"{_ROOT}/{name}/{file}", template(f"{_ROOT}/{name}/{file}")


def component_file_names(name: str) -> Iterator[str]:
    """What lies in a Component's directory."""
    for each in files("gitops.scaffold").joinpath("templates", _ROOT, name).iterdir():
        yield each.name

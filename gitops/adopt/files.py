"""What `adopt` writes: `fleet.yaml`, and a file for each app below `.fairlead/apps/`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops.adopt.environments import Environment
from gitops.adopt.streams import App, Stream
from gitops.document import Address
from gitops.scaffold.template import filled

FLEET_FILE = "fleet.yaml"
APPS = ".fairlead/apps"

_PATHS = b"# Where its versions stand"

NOBODY = "replace-me"
"""The only approver where nothing names a person: nobody can have this login by chance."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the fleet is called and where it lives; `project` is None on the embedded forge."""

    name: str
    branch: str
    forge: str
    project: str | None


def fleet_file(
    identity: Identity, environments: Sequence[Environment], people: Sequence[str]
) -> bytes:
    """The fleet.yaml of these environments; `people` may approve everywhere, () for nobody yet."""
    people = people or (NOBODY,)
    values: dict[Address, str | int | bool] = {
        ("name",): identity.name,
        ("branch",): identity.branch,
        ("forge", "kind"): identity.forge,
    }
    dropped: list[Address] = []
    if identity.project is None:
        dropped.append(("forge", "project"))
    else:
        values["forge", "project"] = identity.project
    values |= {("groups", "owners", index): login for index, login in enumerate(people)}
    grown: dict[Address, int] = {("groups", "owners"): len(people)}
    head = filled("adopt/fleet.yaml", values, grown=grown, dropped=dropped)
    return head + b"".join(_environment(each) for each in environments)


def _environment(environment: Environment) -> bytes:
    values: dict[Address, str | int | bool] = {(0, "name"): environment.name}
    for index, (name, path) in enumerate(sorted(environment.clusters.items())):
        values[0, "clusters", index, "name"] = name
        values[0, "clusters", index, "path"] = path
    dropped: list[Address] = []
    if environment.after is None:
        dropped.append((0, "after"))
    else:
        values[0, "after"] = environment.after
    grown: dict[Address, int] = {(0, "clusters"): len(environment.clusters)}
    return filled("adopt/environment.yaml", values, grown=grown, dropped=dropped)


def app_file(app: App, team: str) -> bytes:
    """The file of one app: streams of one kind, and a chart that runs them (`App.chart`)."""
    kind = app.streams[0].kind
    values: dict[Address, str | int | bool] = {("name",): app.name, ("team",): team}
    for index, stream in enumerate(app.streams):
        values["artifacts", index, kind.value] = stream.artifact
        if stream.variable:
            values["artifacts", index, "variable"] = stream.variable
    values |= {("paths", index): path for index, path in enumerate(app.paths)}
    grown: dict[Address, int] = {
        ("artifacts",): len(app.streams),
        ("paths",): len(app.paths),
    }
    told = any(stream.variable for stream in app.streams)
    dropped = () if told else (("artifacts", 0, "variable"),)
    data = filled(f"adopt/{kind.value}.yaml", values, grown=grown, dropped=dropped)
    if app.chart is None:
        return data
    head, comment, rest = data.partition(_PATHS)
    return head + _beside(app.chart) + comment + rest


def _beside(chart: Stream) -> bytes:
    """The item of a chart whose versions are its own."""
    values: dict[Address, str | int | bool] = {(0, "chart"): chart.artifact}
    dropped: list[Address] = []
    if chart.variable:
        values[0, "variable"] = chart.variable
    else:
        dropped.append((0, "variable"))
    return filled("adopt/beside.yaml", values, dropped=dropped)


def app_files(teams: Mapping[App, str]) -> Iterator[tuple[str, bytes]]:
    """The path and the bytes of each app's file, given its team."""
    for app, team in teams.items():
        yield f"{APPS}/{app.name}.yaml", app_file(app, team)

"""Read `fleet.yaml` and the file of every app of a Tree into a `Config`.

What is wrong with `fleet.yaml` stops everything; what is wrong with one app stops that app.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gitops.config.app_rules import app_faults
from gitops.config.app_schema import AppConfig, AppEnvironmentConfig
from gitops.config.calendar import Freeze
from gitops.config.faults import first
from gitops.config.fleet_rules import fleet_faults
from gitops.config.one_file import document_of, model_of, regular
from gitops.config.people import People
from gitops.config.policy import Policy, fleet_policy, tightened
from gitops.config.schema import AppFiles, EnvironmentConfig, FleetConfig
from gitops.errors import InvalidInput, NoFleet, Place
from gitops.tree import Tree

FLEET_FILE = "fleet.yaml"

_APP_FILES: Mapping[AppFiles, re.Pattern[str]] = {
    "apps": re.compile(r"apps/([^/_.][^/]*)/app\.yaml"),
    ".fairlead/apps": re.compile(r"\.fairlead/apps/([^/_.][^/]*)\.yaml"),
}
"""What begins with `_` or `.` is no app: people keep there what they copy."""

_TEMPLATE = re.compile(r"(apps/[_.][^/]*)/app\.yaml")


@dataclass(frozen=True)
class Config:
    """What a fleet says of itself.

    `apps` are those whose app.yaml is right, `broken` the others with what is wrong, both by the
    name that their file's path gives them.
    """

    fleet: FleetConfig
    apps: Mapping[str, AppConfig]
    broken: Mapping[str, InvalidInput]
    people: People = field(repr=False)
    policies: Mapping[tuple[str, str], Policy] = field(repr=False)
    """By app and environment."""

    def policy(self, app: str, environment: str) -> Policy | None:
        """What an app obeys in an environment, None when either is unknown or the app broken."""
        return self.policies.get((app, environment))

    def environment(self, name: str) -> EnvironmentConfig | None:
        """An environment by its name, None when there is none of that name."""
        return next((e for e in self.fleet.environments if e.name == name), None)

    @property
    def environments(self) -> tuple[str, ...]:
        """Names, each behind the one it comes after; otherwise as they are written."""
        ordered: list[str] = []
        waiting = list(self.fleet.environments)
        while waiting:
            ready = next(e for e in waiting if e.after is None or e.after in ordered)
            waiting.remove(ready)
            ordered.append(ready.name)
        return tuple(ordered)

    @property
    def roots(self) -> Mapping[str, tuple[str, ...]]:
        """Environment to the paths that its clusters start from."""
        return {e.name: tuple(c.path for c in e.clusters) for e in self.fleet.environments}

    def app_file(self, app: str) -> str:
        """Where an app is described, whether it is or not."""
        return (
            f"apps/{app}/app.yaml" if self.fleet.apps == "apps" else f"{self.fleet.apps}/{app}.yaml"
        )

    def template_of(self, path: str) -> str | None:
        """The directory `apps/_NAME` whose app.yaml this is, and which is no app; None else."""
        found = _TEMPLATE.fullmatch(path) if self.fleet.apps == "apps" else None
        return None if found is None else found[1]

    def followers(self, environment: str) -> tuple[str, ...]:
        """The names of the environments that come directly after one."""
        return tuple(e.name for e in self.fleet.environments if e.after == environment)

    def is_last(self, environment: str) -> bool:
        """Whether no environment comes after this one, where there is an order."""
        after = {each.after for each in self.fleet.environments if each.after}
        return bool(after) and environment not in after

    def freezes_for(self, environment: str) -> tuple[Freeze, ...]:
        """The freezes of an environment, past and future ones too."""
        return tuple(
            freeze.freeze
            for freeze in self.fleet.freezes
            if freeze.environments is None or environment in freeze.environments
        )

    def person_of(self, contact: str) -> str | None:
        """The person with this login or e-mail, None when `people:` names none."""
        return self.people.person_of(contact)

    def is_bot(self, contact: str) -> bool:
        """Whether `people:` says that this login or e-mail is a machine's."""
        return self.people.is_bot(contact)


def read(tree: Tree) -> Config:
    """The configuration of a fleet.

    Raises:
        InvalidInput: `fleet.yaml` is absent or wrong; with the place of the first thing wrong.
    """
    file = tree.get(FLEET_FILE)
    if file is None:
        cure = "make a fleet with `fairlead new`, or say where it is"
        raise NoFleet("no fleet here: the file is missing", cure, Place(FLEET_FILE))
    data = regular(FLEET_FILE, file)
    fleet, people = _fleet(data)
    apps: dict[str, AppConfig] = {}
    broken: dict[str, InvalidInput] = {}
    policies: dict[tuple[str, str], Policy] = {}
    for path in tree:
        match = _APP_FILES[fleet.apps].fullmatch(path)
        if match is None:
            continue
        name = match.group(1)
        try:
            app, obeyed = _app(data, path, name, regular(path, tree[path]))
        except InvalidInput as error:
            broken[name] = error
        else:
            apps[name] = app
            policies |= {(name, environment): policy for environment, policy in obeyed.items()}
    return Config(fleet, apps, broken, people, policies)


def assembled(fleet: FleetConfig, apps: Mapping[str, AppConfig]) -> Config:
    """The configuration of models that were read and found right before."""
    people = People.of(fleet)
    policies = {
        (name, environment): policy
        for name, app in apps.items()
        for environment, policy in _obeyed(people, fleet, app).items()
    }
    return Config(fleet, apps, {}, people, policies)


def _obeyed(people: People, fleet: FleetConfig, app: AppConfig) -> Mapping[str, Policy]:
    """What an app obeys, by environment."""
    nothing = AppEnvironmentConfig()
    return {
        e.name: tightened(
            people, fleet_policy(people, e, app), app.environments.get(e.name, nothing)
        )
        for e in fleet.environments
    }


@lru_cache(maxsize=16)
def _fleet(data: bytes) -> tuple[FleetConfig, People]:
    document = document_of(FLEET_FILE, data)
    fleet = model_of(document, "Fleet", FleetConfig)
    error = first(document, fleet_faults(fleet))
    if error is not None:
        raise error
    return fleet, People.of(fleet)


# Of ten thousand apps a promotion changes none: the same bytes are the same app.
@lru_cache(maxsize=20_000)
def _app(
    fleet_data: bytes, path: str, name: str, data: bytes
) -> tuple[AppConfig, Mapping[str, Policy]]:
    """An app and what it obeys, by environment; `name` is what its file's path calls it."""
    fleet, people = _fleet(fleet_data)
    document = document_of(path, data)
    app = model_of(document, "App", AppConfig)
    bases = {e.name: fleet_policy(people, e, app) for e in fleet.environments}
    error = first(document, app_faults(fleet, people, app, bases, name))
    if error is not None:
        raise error
    return app, _obeyed(people, fleet, app)

"""Units made anew from their records: the files that a verb would write today."""

from collections.abc import Callable, Collection, Mapping, Sequence

from gitops.errors import InvalidInput, Place
from gitops.scaffold.answers.app_given import app_answers
from gitops.scaffold.answers.fleet import FleetAnswers
from gitops.scaffold.answers.given import Given, fleet_answers
from gitops.scaffold.app import add_app
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.new import new_fleet
from gitops.scaffold.record import Answer, Answers, Record, Unit
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree

Files = Mapping[str, bytes]

_HOMES = {"app": "apps", "component": "infrastructure", "tenant": "tenants"}
"""By verb the directory of its units, which is also that of their layer below a cluster's."""


def made_anew(tree: Tree, record: Record) -> Files:
    """What the unit's verb writes for its answers into a fleet that has not got it yet.

    Raises:
        InvalidInput: its verb refuses that.
    """
    recipe = _RECIPES[record.unit.verb]
    without = Tree({p: f for p, f in tree.items() if not _of(record, p)})
    try:
        done = recipe(without, record.answers)
    except InvalidInput as error:
        raise InvalidInput(error.message, error.hint, Place(record.unit.path)) from error
    return {path: done[path].data for path in done.keys() - without.keys()}


def homes(tree: Tree, taken: Collection[str] = ()) -> tuple[Unit, ...]:
    """The units that a fleet has by its directories; of one with a file in `taken` another has it.

    So the fleet's own reader below `infrastructure/` is no component.
    """
    found: dict[Unit, None] = {Unit("fleet"): None}
    parts = {tuple(path.split("/")[:2]) for path in taken}
    for verb, home in _HOMES.items():
        for path in tree.below(home):
            _, name, *rest = path.split("/")
            if rest and name != "_template" and (home, name) not in parts:
                found[Unit(verb, name)] = None
    return tuple(found)


def _of(record: Record, path: str) -> bool:
    """Whether a file is the unit's, or an app's: no other unit is made of what apps are."""
    if record.unit.verb == "fleet" or path in record.files:
        return True
    return any(
        _below(path, home, name)
        for home, name in ((_HOMES["app"], None), (_HOMES[record.unit.verb], record.unit.name))
    )


def _below(path: str, home: str, name: str | None) -> bool:
    """Whether a file is one of a unit's, or of every unit's there where `name` is None."""
    steps = path.split("/")
    if steps[0] == home:
        return name in (None, steps[1])
    if steps[0] != "clusters" or steps[-2] != home or steps[-1] == "_layer.yaml":
        return False
    return name is None or steps[-1] in {f"{name}.yaml", f"{name}-config.yaml"}


def answers_of(record: Record) -> FleetAnswers:
    """What the record of a fleet says that was answered.

    Raises:
        InvalidInput: today that is no answer; with the record's place.
    """
    try:
        return _fleet_answers(record.answers)
    except InvalidInput as error:
        raise InvalidInput(error.message, error.hint, Place(record.unit.path)) from error


def _fleet_answers(answers: Answers) -> FleetAnswers:
    given = {key: Given(_many(answers, key) or (_text(answers, key),)) for key in answers}
    return fleet_answers(given, "fleet")


def _fleet(tree: Tree, answers: Answers) -> Tree:
    return new_fleet(tree, _fleet_answers(answers))


def _app(tree: Tree, answers: Answers) -> Tree:
    # The versions that ran at the start are nothing that an update goes back to.
    return add_app(tree, app_answers({**answers, "version": ()}))


def _component(tree: Tree, answers: Answers) -> Tree:
    told = ComponentAnswers(
        name=_text(answers, "name"),
        versions=_many(answers, "version"),
        environments=_many(answers, "environment"),
        settings=_many(answers, "set"),
        capabilities=_many(answers, "have"),
        accept_retired=True,
    )
    return add_component(tree, told).tree


def _tenant(tree: Tree, answers: Answers) -> Tree:
    told = TenantAnswers(
        name=_text(answers, "name"),
        namespaces=_many(answers, "namespace"),
        groups=_many(answers, "group"),
        cpu=_text(answers, "cpu"),
        memory=_text(answers, "memory"),
    )
    return add_tenant(tree, told)


def _text(answers: Answers, key: str) -> str:
    found = answers.get(key)
    return found if isinstance(found, str) else ""


def _many(answers: Answers, key: str) -> tuple[str, ...]:
    found: Answer = answers.get(key, ())
    return tuple(found) if isinstance(found, Sequence) and not isinstance(found, str) else ()


_RECIPES: Mapping[str, Callable[[Tree, Answers], Tree]] = {
    "fleet": _fleet,
    "app": _app,
    "component": _component,
    "tenant": _tenant,
}

"""What must hold between the values of an `app.yaml`, and what it may say beside `fleet.yaml`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from gitops.config.app_schema import ARTIFACT_KINDS, AppConfig, AppEnvironmentConfig
from gitops.config.faults import Fault, nearest
from gitops.config.fleet_rules import contained_faults, delivery_faults, repeated
from gitops.config.people import FORGE_GROUP, People, group_faults
from gitops.config.policy import Policy, tightened
from gitops.config.scalars import duration_text
from gitops.config.schema import PROOFS, FleetConfig
from gitops.document import Address
from gitops.errors import InvalidInput
from gitops.tag_template import Template

_SAMPLE: Mapping[str, object] = {
    "tag": "v1.0",
    "version": "1.0",
    "semver": "1.0.0",
    "sha": "0" * 40,
    "branch": "main",
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
}


def app_faults(
    fleet: FleetConfig, people: People, app: AppConfig, bases: Mapping[str, Policy], called: str
) -> Iterator[Fault]:
    """Everything that is wrong with an app whose values are right one by one.

    `bases` are what the fleet alone says for it, by environment; `called` is what its file's path
    calls it.
    """
    if app.name != called:
        there, what = (f"apps/{called}", "directory")
        if fleet.apps != "apps":
            there, what = (f"{fleet.apps}/{called}.yaml", "file")
        told = f"the app is named `{app.name}` and lies in {there}"
        yield Fault(("name",), told, f"write `name: {called}`, or move the {what}")
    if app.build_checks and app.source is None:
        told = "an app without `source` has no commits that could be checked"
        yield Fault(("build_checks",), told, "remove the key, or add `source`")
    for kind in ARTIFACT_KINDS:
        names = [a.name if a.kind == kind else None for a in app.artifacts]
        yield from repeated(names, ("artifacts",), kind, kind)
    variables = [a.variable for a in app.artifacts]
    yield from repeated(variables, ("artifacts",), "variable", "variable")
    for index, variable in enumerate(variables):
        if variable is not None and not app.paths:
            told = f"nothing says which {variable} holds the version: any file may have one"
            cure = "add `paths: [...]` with the files of its Flux Kustomizations"
            yield Fault(("artifacts", index, "variable"), told, cure)
    yield from _own_faults(app)
    yield from _tag_faults(app)
    yield from _build_faults(fleet, app)
    for name, own in app.environments.items():
        address: Address = ("environments", name)
        if name not in bases:
            yield Fault(address, f"unknown environment `{name}`", nearest(name, bases))
            continue
        yield from _follow_faults(app, own, address)
        groups = own.approvals.from_ or ()
        unknown = [*group_faults(fleet, groups, (*address, "approvals", "from"))]
        yield from unknown or _loosened(people, bases[name], own, address)
        yield from contained_faults(fleet, bases[name].after, own.proof, (*address, "proof"))


def _own_faults(app: AppConfig) -> Iterator[Fault]:
    for index, artifact in enumerate(app.artifacts):
        at: Address = ("artifacts", index, "version")
        if artifact.version is not None and not app.followed:
            yield Fault(at, "no artifact is left whose version is the app's", "remove `version`")
        elif artifact.version is not None and app.source is not None:
            told = "what an app with a `source` releases is what its tags name"
            yield Fault(at, told, "remove `version`, or describe it as an app of its own")


def _tag_faults(app: AppConfig) -> Iterator[Fault]:
    """Templates that make no tag, tried with one version."""
    sample = dict(_SAMPLE)
    if app.source is None:
        del sample["sha"]
    else:
        try:
            sample["tag"] = Template.parse(app.source.tags).render_git(sample)
        except InvalidInput as error:
            yield Fault(("source", "tags"), error.message, error.hint or "")
            return
    for index, artifact in enumerate(app.artifacts):
        try:
            Template.parse(artifact.tag).render(sample)
        except InvalidInput as error:
            cure = error.hint or "use {tag}, {version} or {semver}"
            yield Fault(("artifacts", index, "tag"), error.message, cure)


def _build_faults(fleet: FleetConfig, app: AppConfig) -> Iterator[Fault]:
    following = [e for e in fleet.environments if e.follow and e.follow.branch]
    for index, artifact in enumerate(app.artifacts):
        if app.source is None and artifact.build is not None:
            told = "an app without `source` has no builds of a branch"
            yield Fault(("artifacts", index, "build"), told, "add `source`, or remove `build`")
        built = app.source is not None and artifact.version is None
        if built and artifact.build is None and following:
            what = f"no build of this {artifact.kind} can be told"
            told = f"`{following[0].name}` follows a branch, and {what}"
            cure = 'add `build: "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"` as its CI tags them'
            yield Fault(("artifacts", index), told, cure)


def _follow_faults(app: AppConfig, own: AppEnvironmentConfig, address: Address) -> Iterator[Fault]:
    if own.follow is None:
        return
    if app.source is not None:
        told = "what an app with a `source` follows is said in fleet.yaml"
        yield Fault((*address, "follow"), told, "remove `follow`")
        return
    for key in ("branch", "tags"):
        if getattr(own.follow, key) is not None:
            cure = "write `range` or `pattern`, or add `source`"
            yield Fault((*address, "follow", key), f"an app without `source` has no {key}", cure)


def _loosened(
    people: People, base: Policy, own: AppEnvironmentConfig, address: Address
) -> Iterator[Fault]:
    """Where the app's word is weaker than the fleet's, or cannot be followed at all."""
    loosened = [
        *_looser_approvals(people, base, own),
        *_looser_proof(base, own),
        *_looser_times(base, own),
    ]
    for below, told, cure in loosened:
        yield Fault((*address, *below), f"{told}; an app may only tighten", cure)
    if not loosened:
        yield from delivery_faults(tightened(people, base, own), address)


_Looser = Iterator[tuple[Address, str, str]]
"""Address below the app's environment, what is weaker, and what to write."""


def _looser_approvals(people: People, base: Policy, own: AppEnvironmentConfig) -> _Looser:
    if own.deliver == "commit" and base.deliver != "commit":
        yield ("deliver",), f"fleet.yaml says `deliver: {base.deliver}`", "remove the key"
    required = own.approvals.required
    if required is not None and required < base.required:
        told = f"fleet.yaml requires {base.required} approvals"
        yield ("approvals", "required"), told, f"write {base.required} or more"
    if own.approvals.from_ is None or not (base.logins or base.forge_groups):
        return
    result = tightened(people, base, own)
    foreign = result.forge_groups - base.forge_groups
    added = (result.approvers - base.approvers) | {FORGE_GROUP + name for name in foreign}
    if added:
        told = f"fleet.yaml does not let {', '.join(sorted(added))} approve"
        yield ("approvals", "from"), told, "name groups whose members may approve there too"


def _looser_proof(base: Policy, own: AppEnvironmentConfig) -> _Looser:
    if own.proof is None:
        return
    if base.after is None and own.proof != "none":
        yield ("proof",), f"nothing can be proven before `{base.environment}`", "remove the key"
    elif PROOFS.index(own.proof) > PROOFS.index(base.proof):
        told = f"`proof: {own.proof}` is weaker than `proof: {base.proof}`"
        yield ("proof",), told, f"write `proof: {base.proof}` or a stronger one"


def _looser_times(base: Policy, own: AppEnvironmentConfig) -> _Looser:
    times = {"settle": (own.settle, base.settle), "soak": (own.soak, base.soak)}
    for key, (mine, least) in times.items():
        if mine is not None and mine < least:
            told = f"fleet.yaml says `{key}: {duration_text(least)}`"
            yield (key,), told, f"write `{duration_text(least)}` or longer"
    if own.on_failure == "restart" and base.on_failure == "hold":
        yield ("on_failure",), "fleet.yaml says `on_failure: hold`", "remove the key"
    if own.windows is None or not base.windows:
        return
    if not own.windows:
        yield ("windows",), "fleet.yaml has windows", "remove the key"
    for index, window in enumerate(own.windows):
        if not window.within(base.windows):
            wide = ", ".join(f"`{w.text}`" for w in base.windows)
            told = f"`{window.text}` is not within the fleet's {wide}"
            yield ("windows", index), told, "stay within one of them, in the same zone"

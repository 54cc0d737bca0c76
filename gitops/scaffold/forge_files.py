"""What the forge reads of a fleet: pipeline, text of merge requests, code owners."""

import re
from collections.abc import Mapping, Sequence

from gitops.config import FleetConfig
from gitops.document import Address
from gitops.scaffold.answers.fleet import FleetAnswers, ForgeKind
from gitops.scaffold.answers.origins import Install, install
from gitops.scaffold.cluster import Files
from gitops.scaffold.local_cluster import smokes
from gitops.scaffold.owners import OWNERS_FILE, owners_file
from gitops.scaffold.template import filled, template

PIPELINES: Mapping[ForgeKind, str] = {
    ForgeKind.GITLAB: ".gitlab-ci.yml",
    ForgeKind.GITHUB: ".github/workflows/fleet.yaml",
    ForgeKind.GITEA: ".gitea/workflows/fleet.yaml",
}
"""Where each forge looks for its pipeline."""

REQUESTS: Mapping[ForgeKind, str] = {
    ForgeKind.GITLAB: ".gitlab/merge_request_templates/Default.md",
    ForgeKind.GITHUB: ".github/pull_request_template.md",
    ForgeKind.GITEA: ".gitea/pull_request_template.md",
}
"""Where each forge looks for the text that a merge request begins with."""


def forge_files(answers: FleetAnswers, fleet: FleetConfig) -> Files:
    """The files for the forge; none for the embedded one. `fleet` is what was answered, as read."""
    if answers.forge is ForgeKind.LOCAL:
        return
    chosen = install(answers.install) if answers.install else None
    pipeline = (
        _gitlab(chosen, () if smokes(answers) else [("smoke",)])
        if answers.forge is ForgeKind.GITLAB
        else _actions(answers, chosen, () if smokes(answers) else [("jobs", "smoke")])
    )
    yield PIPELINES[answers.forge], pipeline
    yield REQUESTS[answers.forge], template("forge/request.md")
    platform = answers.owners or f"@{answers.organisation}/platform"
    yield OWNERS_FILE, owners_file(fleet, platform, answers.organisation)


def _gitlab(chosen: Install | None, more: Sequence[Address]) -> bytes:
    gone: list[Address]
    name = "forge/gitlab-ci.yml"
    image: Address = (".fairlead", "image")
    wheel: Address = ("variables", "FAIRLEAD_WHEEL")
    if chosen is None:
        promotes: list[Address] = [("promote",), ("stages", 1), ("workflow", "rules", 1)]
        gone = [("check",), (".fairlead",), wheel, *promotes, *more]
        return _tidy(filled(name, dropped=gone))
    if chosen.wheel is not None:
        return _tidy(filled(name, {wheel: chosen.wheel}, dropped=[image, *more]))
    gone = [(".fairlead", "before_script"), wheel, *more]
    return _tidy(filled(name, {(*image, "name"): str(chosen.image)}, dropped=gone))


def _actions(answers: FleetAnswers, chosen: Install | None, more: Sequence[Address]) -> bytes:
    name = f"forge/{answers.forge}.yaml"
    wheel: Address = ("env", "FAIRLEAD_WHEEL")
    check: Address = ("jobs", "check")
    promote: Address = ("jobs", "promote")
    containers: list[Address] = [(*check, "container"), (*promote, "container")]
    if chosen is None:
        alone: list[Address] = [("on", "schedule"), ("jobs", "render", "if")]
        return _tidy(filled(name, dropped=[check, promote, ("env",), *alone, *more]))
    if chosen.wheel is not None:
        return _tidy(filled(name, {wheel: chosen.wheel}, dropped=[*containers, *more]))
    images = {(*container, "image"): str(chosen.image) for container in containers}
    gone: list[Address] = [("env",), (*check, "steps", 1), (*promote, "steps", 0), *more]
    return _tidy(filled(name, images, dropped=gone))


def _tidy(data: bytes) -> bytes:
    """Without the blank lines that surrounded what was dropped."""
    return re.sub(rb"(\n\n|:\n)\n+", rb"\1", data).rstrip() + b"\n"

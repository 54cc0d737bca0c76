"""What GitHub does by itself when something happened: refs, stale approvals."""

from typing import Any

from tests.stand_ins.github_merging import dismiss_stale
from tests.stand_ins.github_pull_shapes import AUTOMATIC
from tests.stand_ins.github_pulls import keep_refs
from tests.stand_ins.github_state import ROLES, GitHubForge
from tests.stand_ins.model import MergeRequest, Person, Project
from tests.stand_ins.pushing import event


def watch(forge: GitHubForge, what: str, project: Project, by: Person, about: Any) -> None:
    """A listener of the state's."""
    if what != "pushed" or not isinstance(about, MergeRequest):
        return
    keep_refs(about)
    dismiss_stale(forge, about, by)
    # Source: GitHub, "Automatically merging a pull request": a stranger's push ends it.
    if AUTOMATIC in about.extra and forge.access(by, project) < ROLES["write"]:
        del about.extra[AUTOMATIC]
        event(forge, about, "auto_merge_disabled", by)

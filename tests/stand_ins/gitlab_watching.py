"""What GitLab does by itself after a push: protects the default branch, starts pipelines.

Source: GitLab, "Default branch: Default protection"; "CI/CD YAML: workflow".
"""

from typing import Any

from tests.stand_ins import pipelines
from tests.stand_ins.forge import Forge
from tests.stand_ins.merge_requests import note
from tests.stand_ins.model import (
    ZERO,
    Access,
    MergeRequest,
    Person,
    Project,
    Protection,
    Push,
    State,
)
from tests.stand_ins.pushing import BRANCHES, matching

PIPELINE_FILE = ".gitlab-ci.yml"


def watch(forge: Forge, what: str, project: Project, by: Person, about: Any) -> None:
    """Something happened."""
    if what == "push" and isinstance(about, Push):
        _pushed(forge, project, by, about)
    if what in {"opened", "pushed"}:
        requests = [about] if isinstance(about, MergeRequest) else []
        for request in requests:
            if what == "pushed":
                _told_of_commits(forge, request, by)
            if request.source.git.entry(request.head, PIPELINE_FILE):
                ref = f"refs/merge-requests/{request.number}/head"
                source = "merge_request_event"
                pipelines.add_pipeline(forge, request.source, request.head, ref, source, by)


def _pushed(forge: Forge, project: Project, by: Person, push: Push) -> None:
    if not push.ref.startswith(BRANCHES) or push.after == ZERO:
        return
    branch = push.ref.removeprefix(BRANCHES)
    branches = project.git.branches()
    if list(branches) == [branch] and push.before == ZERO:
        project.default_branch = branch
        project.git.git("symbolic-ref", "HEAD", push.ref)
        if not matching(project.protected_branches, branch):
            whom = Access.MAINTAINER
            made = Protection(forge.number(), branch, [whom], [whom])
            project.protected_branches.append(made)


def _told_of_commits(forge: Forge, request: MergeRequest, by: Person) -> None:
    if request.state is not State.OPEN:
        return
    git, (old, new) = request.project.git, request.versions[-2:]
    log = git.log(new.head, f"^{old.head}", f"^{new.base}")
    lines = "".join(f"<li>{c.sha[:8]} - {c.message.splitlines()[0]}</li>" for c in log)
    count = f"{len(log)} commit{'' if len(log) == 1 else 's'}"
    body = f"added {count}\n\n<ul>{lines}</ul>\n\n[Compare with previous version]"
    note(forge, request, by, body, system=True)

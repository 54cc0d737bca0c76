"""`CODEOWNERS`: who must agree to which files. The one file that several apps share.

GitHub and GitLab take the last line that matches a file; to Gitea each line is a regular expression
and all that match count, so there the lines exclude each other.

Source: https://docs.github.com/en/repositories (about code owners), https://docs.gitlab.com
(CODEOWNERS syntax) and https://docs.gitea.com/usage/repository/code-owners.
"""

from collections.abc import Sequence

from gitops.config import FleetConfig
from gitops.scaffold.template import worded
from gitops.tree import Tree

OWNERS_FILE = "CODEOWNERS"

_END = "# --- end of apps"


def owners_file(fleet: FleetConfig, platform: str, organisation: str) -> bytes:
    """The file of a fleet without apps.

    `platform` owns what belongs to no app; `organisation` is where the forge keeps the teams that
    are named after the groups of `fleet.yaml`.
    """
    gitea = fleet.forge.kind == "gitea"
    guarded = []
    for environment in fleet.environments:
        groups = [g.removeprefix("group:") for g in environment.approvals.from_]
        if environment.approvals.required and groups:
            handles = " ".join(_handle(group, organisation) for group in groups)
            path = f"apps/[^/]+/envs/{environment.name}/.*" if gitea else None
            guarded.append(f"{path or f'/apps/*/envs/{environment.name}/'} {handles}")
    name = "forge/codeowners-gitea" if gitea else "forge/codeowners"
    return worded(name, {"OWNERS": platform, "GUARDED": "\n".join(guarded) or "# Nothing does."})


def with_owner(tree: Tree, fleet: FleetConfig, app: str, team: str) -> Tree:
    """The tree with an app's line in `CODEOWNERS`, every other byte as it was.

    The same tree where there is no such file, or it has lost the mark above which lines go: then it
    is somebody's own.
    """
    file = tree.get(OWNERS_FILE)
    if file is None or fleet.forge.project is None:
        return tree
    organisation = fleet.forge.project.rpartition("/")[0]
    line = _line(fleet, app, _handle(team, organisation))
    lines = file.data.decode(errors="surrogateescape").splitlines(keepends=True)
    mark = next((i for i, each in enumerate(lines) if each.strip() == _END), None)
    if mark is None or line in (each.strip() for each in lines):
        return tree
    end = "\r\n" if lines[mark].endswith("\r\n") else "\n"
    data = "".join([*lines[:mark], line + end, *lines[mark:]])
    return tree.replace({OWNERS_FILE: data.encode(errors="surrogateescape")})


def _line(fleet: FleetConfig, app: str, handle: str) -> str:
    if fleet.forge.kind != "gitea":
        return f"/apps/{app}/ {handle}"
    free = [e.name for e in fleet.environments if not e.approvals.required]
    own = _either("(base|ground|migration)/.*", *(f"envs/{e}/.*" for e in free))
    return f"apps/{app}/([^/]*|{own}) {handle}"


def _either(*patterns: str) -> str:
    return "|".join(patterns)


def _handle(team: str, organisation: str) -> str:
    """A team as the forge knows it; one that names its place already stays as it is."""
    if team.startswith("@") or "/" in team:
        return f"@{team.removeprefix('@')}"
    return f"@{organisation}/{team}"


def owner_lines(data: bytes) -> Sequence[tuple[str, tuple[str, ...]]]:
    """Patterns with their owners, in the file's order; comments left out."""
    lines = (line.split() for line in data.decode().splitlines() if line.strip())
    return [(words[0], tuple(words[1:])) for words in lines if not words[0].startswith("#")]

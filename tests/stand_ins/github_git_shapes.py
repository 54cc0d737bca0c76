"""What GitHub answers of commits, refs, files, statuses and checks.

Source: @octokit/openapi 23.0.2: commit, git-commit, git-ref, git-tag, short-branch,
branch-with-protection, tag, content-file, status, combined-commit-status, check-run.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.stand_ins.bare import Commit, Entry, Signature
from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_rules import demands
from tests.stand_ins.github_shapes import Shapes
from tests.stand_ins.github_state import App
from tests.stand_ins.model import Person, Project, Status
from tests.stand_ins.pushing import BRANCHES

_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}
_DIFF = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "T": "changed"}
_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


@dataclass(eq=False)
class CheckRun:
    """What an app reports of a commit."""

    id: int
    name: str
    sha: str
    app: App
    status: str
    conclusion: str | None
    started: datetime | None
    completed: datetime | None
    details: str | None = None
    external: str = ""
    output: dict[str, Any] | None = None


class GitShapes:
    """Of one repository."""

    def __init__(self, shapes: Shapes, project: Project) -> None:
        self.shapes = shapes
        self.project = project
        self.url = shapes.address(project)
        self.page = shapes.page(project)

    # --- commits --------------------------------------------------------------------------------

    def commit(self, commit: Commit) -> Json:
        """One of a list."""
        url = f"{self.url}/commits/{commit.sha}"
        return {
            "sha": commit.sha,
            "node_id": f"C_{commit.sha}",
            "commit": {
                "author": signature(commit.author),
                "committer": signature(commit.committer),
                "message": commit.message,
                "tree": self._tree(commit.tree),
                "url": f"{self.url}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": _UNSIGNED,
            },
            "url": url,
            "html_url": f"{self.page}/commit/{commit.sha}",
            "comments_url": f"{url}/comments",
            "author": self.shapes.user_or_none(self.who(commit.author)),
            "committer": self.shapes.user_or_none(self.who(commit.committer)),
            "parents": [self._parent(sha, "commits") for sha in commit.parents],
        }

    def full_commit(self, commit: Commit) -> Json:
        """One by itself, with its files."""
        files = self.files(commit.parents[0] if commit.parents else None, commit.sha)
        plus = sum(file["additions"] for file in files)
        minus = sum(file["deletions"] for file in files)
        stats = {"total": plus + minus, "additions": plus, "deletions": minus}
        return {**self.commit(commit), "stats": stats, "files": files}

    def git_commit(self, commit: Commit) -> Json:
        """One as git's object."""
        return {
            "sha": commit.sha,
            "node_id": f"C_{commit.sha}",
            "url": f"{self.url}/git/commits/{commit.sha}",
            "html_url": f"{self.page}/commit/{commit.sha}",
            "author": signature(commit.author),
            "committer": signature(commit.committer),
            "tree": self._tree(commit.tree),
            "message": commit.message,
            "parents": [self._parent(sha, "git/commits") for sha in commit.parents],
            "verification": _UNSIGNED,
        }

    def files(self, old: str | None, new: str) -> list[Json]:
        """What changed between two commits; None: everything is new."""
        git = self.project.git
        base = old or git.git("hash-object", "-t", "tree", "--stdin", given=b"")
        kinds = git.git("diff", "--name-status", "--no-renames", base, new).splitlines()
        numbers = git.git("diff", "--numstat", "--no-renames", base, new).splitlines()
        return [
            self._file(base, new, kind, number) for kind, number in zip(kinds, numbers, strict=True)
        ]

    def _file(self, old: str, new: str, kind: str, number: str) -> Json:
        letter, _, path = kind.partition("\t")
        plus, minus, _ = (word if word != "-" else "0" for word in number.split("\t"))
        git = self.project.git
        at = new if letter != "D" else old
        entry = git.entry(at, path)
        return {
            "sha": entry.sha if entry else None,
            "filename": path,
            "status": _DIFF[letter],
            "additions": int(plus),
            "deletions": int(minus),
            "changes": int(plus) + int(minus),
            "blob_url": f"{self.page}/blob/{at}/{quote(path)}",
            "raw_url": f"{self.page}/raw/{at}/{quote(path)}",
            "contents_url": f"{self.url}/contents/{quote(path)}?ref={at}",
            "patch": git.git("diff", "--no-renames", old, new, "--", path).partition("\n@@")[2],
        }

    def who(self, by: Signature) -> Person | None:
        """Whose address it is."""
        people = self.shapes.forge.people.values()
        own = (f"{one.id}+{one.login}@users.noreply.github.com" for one in people)
        pairs = zip(people, own, strict=True)
        return next((p for p, quiet in pairs if by.email in {p.email, quiet}), None)

    def _tree(self, sha: str) -> Json:
        return {"sha": sha, "url": f"{self.url}/git/trees/{sha}"}

    def _parent(self, sha: str, kind: str) -> Json:
        page = f"{self.page}/commit/{sha}"
        return {"sha": sha, "url": f"{self.url}/{kind}/{sha}", "html_url": page}

    # --- refs and files -------------------------------------------------------------------------

    def ref(self, name: str, sha: str) -> Json:
        """A ref by its full name; `sha` is the object that it names."""
        kind = self.project.git.git("cat-file", "-t", sha)
        return {
            "ref": name,
            "node_id": f"REF_{name}",
            "url": f"{self.url}/git/{quote(name)}",
            "object": {"sha": sha, "type": kind, "url": f"{self.url}/git/{kind}s/{sha}"},
        }

    def tag(self, name: str, sha: str) -> Json:
        """A tag of a list, with its commit."""
        return {
            "name": name,
            "zipball_url": f"{self.url}/zipball/refs/tags/{quote(name)}",
            "tarball_url": f"{self.url}/tarball/refs/tags/{quote(name)}",
            "commit": {"sha": sha, "url": f"{self.url}/commits/{sha}"},
            "node_id": f"REF_refs/tags/{name}",
        }

    def tag_object(self, sha: str) -> Json:
        """An annotated tag's object."""
        git = self.project.git
        head, _, message = git.git("cat-file", "tag", sha).partition("\n\n")
        rows = dict(line.split(" ", 1) for line in head.splitlines())
        name, _, rest = rows["tagger"].rpartition(" <")
        email, at = rest.split("> ")
        moment = datetime.fromtimestamp(int(at.split()[0]), UTC)
        what, kind = rows["object"], rows["type"]
        return {
            "node_id": f"TA_{sha}",
            "sha": sha,
            "url": f"{self.url}/git/tags/{sha}",
            "tagger": {"name": name, "email": email, "date": stamp(moment)},
            "object": {"sha": what, "type": kind, "url": f"{self.url}/git/{kind}s/{what}"},
            "tag": rows["tag"],
            "message": message,
            "verification": _UNSIGNED,
        }

    # --- branches -------------------------------------------------------------------------------

    def is_protected(self, branch: str) -> bool:
        """Whether something wants anything of it."""
        return bool(demands(self.shapes.forge, self.project, f"{BRANCHES}{branch}"))

    def short_branch(self, name: str, sha: str) -> Json:
        """A branch of a list."""
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{self.url}/commits/{sha}"},
            "protected": self.is_protected(name),
        }

    def content(self, entry: Entry, ref: str, data: bytes | None) -> Json:
        """A file or directory; with its content where `data` is there."""
        path = quote(entry.path)
        url = f"{self.url}/contents/{path}?ref={quote(ref)}"
        kind = _KINDS[entry.kind]
        place = "tree" if kind == "dir" else "blob"
        git = f"{self.url}/git/{place}s/{entry.sha}"
        page = f"{self.page}/{place}/{quote(ref)}/{path}"
        raw = f"{self.page}/raw/{quote(ref)}/{path}"
        size = 0 if kind == "dir" else len(self.project.git.blob(entry.sha))
        told: Json = {
            "name": entry.path.rpartition("/")[2],
            "path": entry.path,
            "sha": entry.sha,
            "size": size,
            "url": url,
            "html_url": page,
            "git_url": git,
            "download_url": raw if kind == "file" else None,
            "type": kind,
            "_links": {"self": url, "git": git, "html": page},
        }
        if data is not None:
            told |= {"content": base64.encodebytes(data).decode(), "encoding": "base64"}
        return told

    # --- statuses and checks --------------------------------------------------------------------

    def simple_status(self, one: Status) -> Json:
        """One of a commit's sum."""
        return {
            "url": f"{self.url}/statuses/{one.sha}",
            "avatar_url": self.shapes.user(one.by)["avatar_url"],
            "id": one.id,
            "node_id": f"SC_{one.id}",
            "state": one.state,
            "description": one.description,
            "target_url": one.target_url,
            "context": one.name,
            "created_at": stamp(one.created),
            "updated_at": stamp(one.updated),
        }

    def status(self, one: Status) -> Json:
        """One with who posted it."""
        return {**self.simple_status(one), "creator": self.shapes.user(one.by)}

    def combined(self, sha: str, latest: Sequence[Status]) -> Json:
        """The sum of a commit's statuses; none are pending."""
        states = {one.state for one in latest}
        failed = states & {"error", "failure"}
        well = bool(states) and not failed and "pending" not in states
        return {
            "state": "failure" if failed else "success" if well else "pending",
            "statuses": [self.simple_status(one) for one in latest],
            "sha": sha,
            "total_count": len(latest),
            "repository": self.shapes.minimal_repository(self.project),
            "commit_url": f"{self.url}/commits/{sha}",
            "url": f"{self.url}/commits/{sha}/status",
        }

    def check_run(self, run: CheckRun) -> Json:
        """What an app reports."""
        url = f"{self.url}/check-runs/{run.id}"
        output = run.output or {}
        return {
            "id": run.id,
            "name": run.name,
            "node_id": f"CR_{run.id}",
            "head_sha": run.sha,
            "external_id": run.external,
            "url": url,
            "html_url": f"{self.page}/runs/{run.id}",
            "details_url": run.details or f"{self.page}/runs/{run.id}",
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": stamp(run.started),
            "completed_at": stamp(run.completed),
            "output": {
                "title": output.get("title"),
                "summary": output.get("summary"),
                "text": output.get("text"),
                "annotations_count": 0,
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.id},
            "app": self.shapes.app(run.app),
            "pull_requests": [],
        }


def signature(by: Signature) -> Json:
    """Whom a commit names."""
    return {"name": by.name, "email": by.email, "date": stamp(by.at.astimezone(UTC))}

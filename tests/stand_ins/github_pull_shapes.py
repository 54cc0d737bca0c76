"""What GitHub answers of pull requests and what belongs to them.

Source: @octokit/openapi 23.0.2: pull-request, pull-request-simple, pull-request-review, issue,
issue-comment, auto-merge.
"""

from dataclasses import dataclass

from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_shapes import Shapes
from tests.stand_ins.github_state import GitHubForge, Team
from tests.stand_ins.model import Access, Group, MergeRequest, Note, Person, Project, Review, State

AUTOMATIC = "automatic merge"
TEAMS = "requested teams"
"""Keys of what a merge request keeps here besides what every forge's does."""


_ISSUE_KEYS = frozenset(
    {
        *("id", "number", "state", "locked", "title", "user", "body", "draft", "labels"),
        *("created_at", "updated_at", "closed_at", "assignee", "assignees", "milestone"),
        *("author_association", "active_lock_reason"),
    }
)
"""What an issue has as its pull request does."""


@dataclass(frozen=True)
class Mergeability:
    """What GitHub has found out of a pull request; `mergeable` None: not yet.

    `state` is `mergeable_state`; `commit` the test merge.
    """

    mergeable: bool | None = None
    state: str = "unknown"
    commit: str | None = None


class PullShapes:
    """Pull requests, for a reader who is told the addresses of one API."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._forge: GitHubForge = shapes.forge

    def address(self, pull: MergeRequest, kind: str = "pulls") -> str:
        """Of its calls, `kind` pulls or issues."""
        return f"{self.shapes.address(pull.project)}/{kind}/{pull.number}"

    def page(self, pull: MergeRequest) -> str:
        """Of its page."""
        return f"{self.shapes.page(pull.project)}/pull/{pull.number}"

    # --- pull requests --------------------------------------------------------------------------

    def simple(self, pull: MergeRequest, found: Mergeability = Mergeability()) -> Json:
        """One of a list."""
        url, issue, page = self.address(pull), self.address(pull, "issues"), self.page(pull)
        repository = self.shapes.address(pull.project)
        statuses = f"{repository}/statuses/{pull.head}"
        merged = pull.state is State.MERGED
        return {
            "url": url,
            "id": pull.id,
            "node_id": node_id(pull),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "number": pull.number,
            "state": "open" if pull.state is State.OPEN else "closed",
            "locked": False,
            "title": pull.title,
            "user": self.shapes.user(pull.author),
            "body": pull.body or None,
            "created_at": stamp(pull.created),
            "updated_at": stamp(pull.updated),
            "closed_at": stamp(pull.merged_at if merged else pull.closed_at),
            "merged_at": stamp(pull.merged_at),
            "merge_commit_sha": merge_sha(pull) if merged else found.commit,
            "assignee": self.shapes.user_or_none(next(iter(pull.assignees), None)),
            "assignees": [self.shapes.user(one) for one in pull.assignees],
            "requested_reviewers": [self.shapes.user(one) for one in pull.reviewers],
            "requested_teams": [self.shapes.team(one) for one in teams_of(pull)],
            "labels": self.labels(pull),
            "milestone": None,
            "draft": pull.draft,
            "commits_url": f"{url}/commits",
            "review_comments_url": f"{url}/comments",
            "review_comment_url": f"{repository}/pulls/comments{{/number}}",
            "comments_url": f"{issue}/comments",
            "statuses_url": statuses,
            "head": self._end(pull.source, pull.source_branch, pull.head),
            "base": self._end(pull.project, pull.target_branch, pull.versions[-1].start),
            "_links": {
                "self": {"href": url},
                "html": {"href": page},
                "issue": {"href": issue},
                "comments": {"href": f"{issue}/comments"},
                "review_comments": {"href": f"{url}/comments"},
                "review_comment": {"href": f"{repository}/pulls/comments{{/number}}"},
                "commits": {"href": f"{url}/commits"},
                "statuses": {"href": statuses},
            },
            "author_association": self.association(pull.author, pull.project),
            "auto_merge": self._automatic(pull),
            "active_lock_reason": None,
        }

    def full(self, pull: MergeRequest, found: Mergeability) -> Json:
        """One by itself."""
        version = pull.versions[-1]
        git = pull.project.git
        rows = git.git("diff", "--numstat", version.base, pull.head).splitlines()
        counts = [row.split("\t")[:2] for row in rows]
        settled = pull.state is State.OPEN and found.mergeable is not None
        return {
            **self.simple(pull, found),
            "merged": pull.state is State.MERGED,
            "mergeable": found.mergeable if pull.state is State.OPEN else None,
            "rebaseable": found.mergeable if settled else None,
            "mergeable_state": found.state if pull.state is State.OPEN else "unknown",
            "merged_by": self.shapes.user_or_none(pull.merged_by),
            "comments": len(pull.notes),
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": git.count(f"{version.base}..{pull.head}"),
            "additions": sum(int(plus) for plus, _ in counts if plus != "-"),
            "deletions": sum(int(minus) for _, minus in counts if minus != "-"),
            "changed_files": len(rows),
        }

    def labels(self, pull: MergeRequest) -> list[Json]:
        """Its labels."""
        known = {label.name: label for label in pull.project.labels}
        return [self.shapes.label(pull.project, known[name]) for name in pull.labels]

    def _end(self, project: Project, branch: str, sha: str) -> Json:
        owner = project.owner
        login = owner.path if isinstance(owner, Group) else owner.login
        return {
            "label": f"{login}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.shapes.user(owner),
            "repo": self.shapes.repository(project),
        }

    def _automatic(self, pull: MergeRequest) -> Json | None:
        armed = pull.extra.get(AUTOMATIC)
        if armed is None:
            return None
        return {
            "enabled_by": self.shapes.user(armed["by"]),
            "merge_method": armed["method"],
            "commit_title": armed["title"],
            "commit_message": armed["message"],
        }

    def association(self, person: Person, project: Project) -> str:
        """How an author belongs to a repository."""
        if person is project.owner:
            return "OWNER"
        if isinstance(project.owner, Group) and person.id in project.owner.members:
            return "MEMBER"
        if self._forge.access(person, project) > Access.NONE and not person.bot:
            return "COLLABORATOR"
        pulls = project.requests.values()
        wrote = any(one.author is person and one.state is State.MERGED for one in pulls)
        return "CONTRIBUTOR" if wrote else "NONE"

    # --- what belongs to one --------------------------------------------------------------------

    def review(self, pull: MergeRequest, review: Review) -> Json:
        """What somebody said of it."""
        page = f"{self.page(pull)}#pullrequestreview-{review.id}"
        return {
            "id": review.id,
            "node_id": f"PRR_{review.id}",
            "user": self.shapes.user(review.by),
            "body": review.body,
            "state": review.verdict.name,
            "html_url": page,
            "pull_request_url": self.address(pull),
            "author_association": self.association(review.by, pull.project),
            "_links": {"html": {"href": page}, "pull_request": {"href": self.address(pull)}},
            "submitted_at": stamp(review.at),
            "commit_id": review.head,
        }

    def comment(self, pull: MergeRequest, note: Note) -> Json:
        """A comment."""
        url = f"{self.shapes.address(pull.project)}/issues/comments/{note.id}"
        return {
            "url": url,
            "html_url": f"{self.page(pull)}#issuecomment-{note.id}",
            "issue_url": self.address(pull, "issues"),
            "id": note.id,
            "node_id": f"IC_{note.id}",
            "user": self.shapes.user(note.by),
            "created_at": stamp(note.at),
            "updated_at": stamp(note.updated),
            "body": note.body,
            "author_association": self.association(note.by, pull.project),
            "reactions": _no_reactions(url),
            "performed_via_github_app": self._via(note.by),
        }

    def issue(self, pull: MergeRequest) -> Json:
        """The same as an issue."""
        url, page = self.address(pull, "issues"), self.page(pull)
        told = self.simple(pull)
        closer = pull.merged_by if pull.state is State.MERGED else pull.closed_by
        kept = told.keys() & _ISSUE_KEYS
        return {
            **{key: told[key] for key in kept},
            "url": url,
            "node_id": node_id(pull),
            "html_url": page,
            "repository_url": self.shapes.address(pull.project),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "comments": len(pull.notes),
            "pull_request": {
                "url": self.address(pull),
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": stamp(pull.merged_at),
            },
            "closed_by": self.shapes.user_or_none(closer),
            "reactions": _no_reactions(url),
            "performed_via_github_app": self._via(pull.author),
            "state_reason": None,
        }

    def _via(self, person: Person) -> Json | None:
        apps = (app for app in self._forge.apps.values() if app.bot is person)
        app = next(apps, None)
        return None if app is None else self.shapes.app(app)


def node_id(pull: MergeRequest) -> str:
    """As GraphQL names it."""
    return f"PR_{pull.id}"


def merge_sha(pull: MergeRequest) -> str | None:
    """The commit on the base branch that merged it."""
    return pull.merge_commit or pull.squash_commit


def teams_of(pull: MergeRequest) -> list[Team]:
    """Those whose review is asked for."""
    teams: list[Team] = pull.extra.setdefault(TEAMS, [])
    return teams


def _no_reactions(url: str) -> Json:
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(kinds, 0)}

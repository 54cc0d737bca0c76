"""How GitLab writes down what the model knows.

Source: GitLab, "REST API resources": users, projects, groups, commits, notes, labels.
"""

from datetime import UTC, datetime
from typing import Any

from tests.stand_ins.bare import Commit
from tests.stand_ins.model import (
    Access,
    Group,
    Hook,
    Label,
    MergeRequest,
    Note,
    Person,
    Project,
    Protection,
    Version,
)

LEVELS = {
    Access.NONE: "No one",
    Access.DEVELOPER: "Developers + Maintainers",
    Access.MAINTAINER: "Maintainers",
    Access.OWNER: "Owners",
    Access.ADMINISTRATOR: "Administrators",
}


def at(moment: datetime | None) -> str | None:
    """A time, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(one: Person | None, origin: str) -> dict[str, Any] | None:
    """Somebody, briefly."""
    if one is None:
        return None
    return {
        "id": one.id,
        "username": one.login,
        "public_email": one.extra.get("public_email"),
        "name": one.name,
        "state": one.state,
        "locked": False,
        "avatar_url": one.extra.get("avatar_url"),
        "web_url": f"{origin}/{one.login}",
    }


def people(several: list[Person], origin: str) -> list[Any]:
    """Some people, briefly."""
    return [person(one, origin) for one in several]


def account(one: Person, origin: str) -> dict[str, Any]:
    """Somebody, as they and administrators see it."""
    return {
        **(person(one, origin) or {}),
        "created_at": at(one.created),
        "email": one.email,
        "commit_email": one.email,
        "bot": one.bot,
        "is_admin": one.administrator,
        "bio": "",
        "external": False,
        "two_factor_enabled": False,
        "identities": [],
        "can_create_group": True,
        "can_create_project": True,
        "private_profile": False,
        "namespace_id": one.id,
        **one.extra,
    }


def member(one: Person, access: Access, origin: str) -> dict[str, Any]:
    """Somebody in a project or group."""
    return {
        **(person(one, origin) or {}),
        "access_level": int(access),
        "created_at": at(one.created),
        "expires_at": None,
        "membership_state": "active",
    }


def commit(one: Commit, project: Project, origin: str) -> dict[str, Any]:
    """A commit, briefly."""
    return {
        "id": one.sha,
        "short_id": one.sha[:8],
        "created_at": at(one.committer.at),
        "parent_ids": list(one.parents),
        "title": one.message.split("\n", 1)[0],
        "message": one.message,
        "author_name": one.author.name,
        "author_email": one.author.email,
        "authored_date": at(one.author.at),
        "committer_name": one.committer.name,
        "committer_email": one.committer.email,
        "committed_date": at(one.committer.at),
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{origin}/{project.full_path}/-/commit/{one.sha}",
    }


def label(one: Label, *, subscriber: Person | None = None, project: bool = True) -> dict[str, Any]:
    """A label."""
    return {
        "id": one.id,
        "name": one.name,
        "color": one.color,
        "description": one.description,
        "description_html": one.description or "",
        "text_color": "#FFFFFF",
        "open_issues_count": 0,
        "closed_issues_count": 0,
        "open_merge_requests_count": 0,
        "subscribed": subscriber is not None and subscriber.id in one.subscribers,
        "priority": None,
        "is_project_label": project,
        "archived": False,
    }


def note(one: Note, request: MergeRequest, origin: str) -> dict[str, Any]:
    """A comment on a merge request."""
    shown = {
        "id": one.id,
        "type": None if one.individual else "DiscussionNote",
        "body": one.body,
        "author": person(one.by, origin),
        "created_at": at(one.at),
        "updated_at": at(one.updated),
        "system": one.system,
        "noteable_id": request.id,
        "noteable_type": "MergeRequest",
        "project_id": request.project.id,
        "noteable_iid": request.number,
        "resolvable": one.resolvable,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "commands_changes": {},
    }
    if one.resolvable:
        shown |= {"resolved": one.resolved_by is not None}
        shown |= {"resolved_by": person(one.resolved_by, origin)}
    return shown


def version(one: Version, request: MergeRequest) -> dict[str, Any]:
    """One push to a merge request's branch."""
    return {
        "id": one.id,
        "head_commit_sha": one.head,
        "base_commit_sha": one.base,
        "start_commit_sha": one.start,
        "created_at": at(one.at),
        "merge_request_id": request.id,
        "state": "collected",
        "real_size": "1",
        "patch_id_sha": None,
    }


def levels(whom: list[Access | Person | Group]) -> list[dict[str, Any]]:
    """Who may, as protections tell it."""
    shown = []
    for number, one in enumerate(whom, start=1):
        entry: dict[str, Any] = {
            "id": number,
            "access_level": int(one) if isinstance(one, Access) else int(Access.DEVELOPER),
            "access_level_description": LEVELS[one] if isinstance(one, Access) else one.name,
            "deploy_key_id": None,
            "user_id": one.id if isinstance(one, Person) else None,
            "group_id": one.id if isinstance(one, Group) else None,
        }
        shown.append(entry)
    return shown


def protected_branch(one: Protection) -> dict[str, Any]:
    """A protected branch."""
    return {
        "id": one.id,
        "name": one.pattern,
        "push_access_levels": levels(one.push),
        "merge_access_levels": levels(one.merge),
        "allow_force_push": one.force,
        "unprotect_access_levels": [],
        "code_owner_approval_required": one.owners,
        "inherited": False,
    }


def hook(one: Hook, project: Project) -> dict[str, Any]:
    """A webhook; its secret is never told."""
    return {
        "id": one.id,
        "url": one.url,
        "name": None,
        "description": None,
        "created_at": at(one.created),
        "project_id": project.id,
        "enable_ssl_verification": True,
        "alert_status": "executable",
        "disabled_until": None,
        "url_variables": [],
        "custom_headers": [],
        **one.events,
    }

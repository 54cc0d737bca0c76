"""How GitLab writes down projects and groups.

Source: GitLab, "Projects API", "Groups API", "Namespaces API".
"""

from collections.abc import Mapping
from typing import Any

from tests.stand_ins.gitlab_shapes import at
from tests.stand_ins.model import Access, Group, Person, Project

PROJECT_SETTINGS: Mapping[str, Any] = {
    "visibility": "private",
    "description": None,
    "archived": False,
    "merge_method": "merge",
    "squash_option": "default_off",
    "only_allow_merge_if_pipeline_succeeds": False,
    "allow_merge_on_skipped_pipeline": None,
    "only_allow_merge_if_all_discussions_are_resolved": False,
    "remove_source_branch_after_merge": True,
    "resolve_outdated_diff_discussions": False,
    "printing_merge_request_link_enabled": True,
    "request_access_enabled": True,
    "lfs_enabled": True,
    "autoclose_referenced_issues": True,
    "issues_access_level": "enabled",
    "merge_requests_access_level": "enabled",
    "repository_access_level": "enabled",
    "forking_access_level": "enabled",
    "builds_access_level": "enabled",
    "issues_enabled": True,
    "merge_requests_enabled": True,
    "jobs_enabled": True,
    "wiki_enabled": True,
    "snippets_enabled": True,
    "container_registry_enabled": True,
    "shared_runners_enabled": True,
    "public_jobs": True,
    "ci_config_path": None,
    "merge_commit_template": None,
    "squash_commit_template": None,
    "suggestion_commit_message": None,
}
"""What a project may be told to do otherwise, and what it does untold."""


def group(one: Group, origin: str) -> dict[str, Any]:
    """A group."""
    return {
        "id": one.id,
        "web_url": f"{origin}/groups/{one.full_path}",
        "name": one.name,
        "path": one.path,
        "description": one.extra.get("description", ""),
        "visibility": one.extra.get("visibility", "private"),
        "full_name": one.name,
        "full_path": one.full_path,
        "parent_id": one.parent.id if one.parent else None,
        "created_at": at(one.created),
        "avatar_url": None,
        "marked_for_deletion_on": None,
        **{k: v for k, v in one.extra.items() if k not in {"description", "visibility"}},
    }


def namespace(owner: Person | Group, origin: str) -> dict[str, Any]:
    """Where a project lies."""
    if isinstance(owner, Group):
        return {
            "id": owner.id,
            "name": owner.name,
            "path": owner.full_path if owner.parent is None else owner.path,
            "kind": "group",
            "full_path": owner.full_path,
            "parent_id": owner.parent.id if owner.parent else None,
            "avatar_url": None,
            "web_url": f"{origin}/groups/{owner.full_path}",
        }
    return {
        "id": owner.id,
        "name": owner.name,
        "path": owner.login,
        "kind": "user",
        "full_path": owner.login,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{origin}/{owner.login}",
    }


def project(one: Project, origin: str, access: Access) -> dict[str, Any]:
    """A project, as somebody with this access sees it."""
    empty = not one.git.branches()
    given = {"access_level": int(access)} if access > Access.NONE else None
    shown = {
        "id": one.id,
        "name": one.name,
        "name_with_namespace": f"{one.owner.name} / {one.name}",
        "path": one.path,
        "path_with_namespace": one.full_path,
        "created_at": at(one.created),
        "updated_at": at(one.updated),
        "last_activity_at": at(one.updated),
        "default_branch": one.default_branch if not empty else None,
        "tag_list": [],
        "topics": one.settings.get("topics", []),
        "ssh_url_to_repo": f"git@127.0.0.1:{one.full_path}.git",
        "http_url_to_repo": f"{origin}/{one.full_path}.git",
        "web_url": f"{origin}/{one.full_path}",
        "readme_url": None,
        "forks_count": one.extra.get("forks", 0),
        "avatar_url": one.extra.get("avatar_url"),
        "star_count": len(one.extra.get("stars", ())),
        "namespace": namespace(one.owner, origin),
        "creator_id": one.creator.id,
        "empty_repo": empty,
        "open_issues_count": 0,
        "import_status": "none",
        "marked_for_deletion_on": None,
        "repository_storage": "default",
        "_links": {"self": f"{origin}/api/v4/projects/{one.id}"},
        "permissions": {"project_access": given, "group_access": None},
        **PROJECT_SETTINGS,
        **{k: v for k, v in one.settings.items() if k in PROJECT_SETTINGS},
    }
    if one.forked_from is not None:
        parent = one.forked_from
        names = {"id": parent.id, "path_with_namespace": parent.full_path, "name": parent.name}
        shown["forked_from_project"] = {**names, "web_url": f"{origin}/{parent.full_path}"}
    return shown

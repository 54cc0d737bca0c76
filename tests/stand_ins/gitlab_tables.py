"""Everything that the GitLab face knows."""

from tests.stand_ins import (
    gitlab_accounts,
    gitlab_approvals,
    gitlab_branches,
    gitlab_commit_notes,
    gitlab_commits,
    gitlab_environments,
    gitlab_events,
    gitlab_files,
    gitlab_group_labels,
    gitlab_hooks,
    gitlab_instance,
    gitlab_issues,
    gitlab_merge_requests,
    gitlab_merging,
    gitlab_notes,
    gitlab_picking,
    gitlab_project_doings,
    gitlab_projects,
    gitlab_protections,
    gitlab_request_events,
    gitlab_rules,
    gitlab_shelves,
    gitlab_statuses,
)

TABLES = [
    module.ROUTES
    for module in (
        gitlab_accounts,
        gitlab_projects,
        gitlab_protections,
        gitlab_hooks,
        gitlab_instance,
        gitlab_issues,
        gitlab_branches,
        gitlab_commits,
        gitlab_files,
        gitlab_picking,
        gitlab_statuses,
        gitlab_merging,
        gitlab_approvals,
        gitlab_rules,
        gitlab_notes,
        gitlab_events,
        gitlab_request_events,
        gitlab_commit_notes,
        gitlab_shelves,
        gitlab_environments,
        gitlab_project_doings,
        gitlab_group_labels,
        gitlab_merge_requests,
    )
]
"""In the order in which they are asked."""

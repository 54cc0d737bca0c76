"""How GitLab counts approvals: settings of the project, and its approval rules; on paid tiers.

Source: GitLab, "Merge request approvals API".
"""

from dataclasses import replace

from gitlab.exceptions import GitlabError

from bot.adapters.gitlab_api import Api
from bot.canonical import Fields
from bot.forge_settings import BranchRule, ForgeFacts, SetApprovals


def approvals(api: Api) -> Fields | None:
    """How approvals are counted; None on Free, which does not know the question."""
    try:
        with api.parsed():
            return Fields(api.project.approvals.get().asdict())
    except GitlabError as error:
        if error.response_code in {403, 404}:
            return None
        raise api.refusal(error, "read the approval settings") from None


def counted(api: Api, facts: ForgeFacts, found: Fields) -> ForgeFacts:
    """The facts with what the settings say of every merge request."""
    with api.reading():
        return replace(
            facts,
            author_approves=found.flag("merge_requests_author_approval"),
            contributors_approve=not found.flag("merge_requests_disable_committers_approval"),
            overridable=not found.flag("disable_overriding_approvers_per_merge_request"),
        )


def usual(api: Api, found: Fields | None) -> BranchRule:
    """What the project says of every branch."""
    if found is None:
        return BranchRule("")
    wanted = [one.number("approvals_required") for one in _rules(api)]
    kept = not found.flag("reset_approvals_on_push")
    return BranchRule("", approvals=max(wanted, default=0), stale_dismissed=not kept)


def _rules(api: Api) -> tuple[Fields, ...]:
    return api.every("read the approval rules", api.project.approvalrules)


def count(api: Api, rule: BranchRule) -> None:
    """The number is that of the rule for everybody; other people's rules stay."""
    doing = "set how many approve"
    everybody = [one for one in _rules(api) if one.text("rule_type") == "any_approver"]
    with api.tried(doing):
        if rule.stale_dismissed:
            api.project.approvals.update(new_data={"reset_approvals_on_push": True})
        if everybody:
            wanted = {"approvals_required": rule.approvals, "name": everybody[0].text("name")}
            api.project.approvalrules.update(everybody[0].number("id"), wanted)
        elif rule.approvals:
            all_of_them = {"name": "All Members", "rule_type": "any_approver"}
            api.project.approvalrules.create(
                all_of_them | {"approvals_required": str(rule.approvals)}
            )


def set_counting(api: Api, change: SetApprovals) -> None:
    """What holds for every merge request of the project."""
    told = {
        "merge_requests_author_approval": change.author_approves,
        "merge_requests_disable_committers_approval": _not(change.contributors_approve),
        "disable_overriding_approvers_per_merge_request": _not(change.overridable),
    }
    wanted = {name: value for name, value in told.items() if value is not None}
    with api.tried("set how approvals are counted"):
        if wanted:
            api.project.approvals.update(new_data=wanted)


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - it is what is turned round
    return None if value is None else not value

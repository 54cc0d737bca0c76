"""The ForgeSettings port on GitLab, by python-gitlab: protected branches and tags, approvals.

On Free nobody can be named and nothing counts approvals: there a role is all that stands between a
merge request and the target branch, and the bot needs that role.

Source: GitLab, "Protected branches API", "Protected tags API", "Merge request approvals API",
"Project members API".
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gitlab.v4.objects import CurrentUserManager

from bot.adapters import gitlab_counting as counting
from bot.adapters import gitlab_environments as environments_of
from bot.adapters import gitlab_hooks as hooks
from bot.adapters import gitlab_members as members
from bot.adapters import gitlab_rules as rules
from bot.adapters.gitlab_api import Api, Project
from bot.adapters.gitlab_rules import MAINTAINER
from bot.adapters.gitlab_session import GitLabLimits
from bot.adapters.registry_credentials import RegistryOrigin
from bot.canonical import Fields
from bot.forge_settings import (
    Ability,
    BotRights,
    BranchRule,
    Change,
    ForgeFacts,
    MakeEnvironment,
    Protection,
    ProtectTags,
    SetApprovals,
    SetBranchRule,
    SetWebhook,
    Who,
)
from bot.secret import Secret
from bot.webhook import WantedHook
from gitops.errors import Denied, FairleadError, Unavailable

_OWN = {
    "fairlead/**": "fairlead/state",
    "promote/**": "promote/environment/app/version",
    "rollback/**": "rollback/environment/app/version/1",
}
"""A branch of each pattern of ours, to see which rules hold there."""

_DELETING = "GitLab lets nobody delete a protected branch by git, and the bot does so"
_FREE = (
    (Ability.PERSONS, "GitLab Free names roles, not people"),
    (Ability.APPROVALS, "GitLab Free counts no approvals"),
    (Ability.STALE, "GitLab Free counts no approvals"),
    (Ability.CONTRIBUTORS, "GitLab Free counts no approvals"),
)
_ALWAYS = (
    (Ability.OWN_BRANCHES, _DELETING),
    (Ability.PINNED_STATUSES, "GitLab takes a status from whoever may push"),
    (Ability.DEPLOYERS, "GitLab asks who deploys to an environment, and never from which branch"),
)


class GitLabSettings:
    """The settings of one project, as one token sees them."""

    def __init__(  # noqa: PLR0913 - what is not of every fleet is named
        self,
        project: Project,
        token: Secret,
        branch: str,
        *,
        bot: str | None = None,
        private: bool = False,
        ca_file: Path | None = None,
        webhook: WantedHook | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            project: the project.
            token: a person's, or the bot's own; sent to the project's origin and nowhere else.
            branch: the target branch.
            bot: the login of the bot, None: the token is its own.
            private: its address may be a loopback, private or link-local one.
            ca_file: authorities to trust instead of the system's, a PEM file.
            webhook: the one that is looked for and made; None: none.
        """
        self._webhook = webhook
        self._project = project
        self._token = token
        self._branch = branch
        self._bot = bot
        self._origin = RegistryOrigin(project.origin, private=private, ca_file=ca_file)

    def _api(self) -> Api:
        return Api(self._project, self._token, self._origin, GitLabLimits())

    # --- reading --------------------------------------------------------------------------------

    def read(self, owners: Collection[str] = (), environments: Collection[str] = ()) -> ForgeFacts:
        """What it is set to, as far as the token sees it; see the port.

        Raises:
            Denied, Unavailable: see `bot.adapters.gitlab_api.Api.refusal`.
            InvalidInput: there is no such bot.
        """
        with self._api() as api:
            me = api.one("read whose token this is", CurrentUserManager(api.server).get)
            with api.reading():
                reader, number = me.text("username"), me.number("id")
            project = api.one("read the project", lambda: api.server.projects.get(api.project.id))
            bot = self._bot or reader
            bot_number = number if bot.casefold() == reader.casefold() else members.number(api, bot)
            role = members.role(api, number)
            own = role if bot_number == number else members.role(api, bot_number)
            approvals = counting.approvals(api)
            with api.reading():
                needs_pipeline = project.flag("only_allow_merge_if_pipeline_succeeds")
            facts = ForgeFacts(
                forge="GitLab",
                tier="Free" if approvals is None else "Premium",
                project=self._project.path,
                reader=reader,
                administered=role >= MAINTAINER,
                bot=BotRights(bot, own >= MAINTAINER),
                target=Protection(self._branch, None),
                cannot=(*_ALWAYS, *(_FREE if approvals is None else ())),
                stands_for_bot=Who(groups=("Maintainers",)),
                pipeline_required=needs_pipeline,
                absent_environments=environments_of.absent(api, environments),
            )
            if approvals is not None:
                facts = counting.counted(api, facts, approvals)
            facts = self._protected(api, facts, own, approvals)
            if self._webhook is not None and facts.administered:
                facts = replace(facts, webhooks=hooks.hooks(api, self._webhook))
            return replace(facts, unknown_owners=members.unknown(api, owners) if owners else None)

    def _protected(
        self, api: Api, facts: ForgeFacts, role: int, approvals: Fields | None
    ) -> ForgeFacts:
        """With what holds for branches and tags; without, where the token may not look."""
        try:
            found = api.every("read the protected branches", api.project.protectedbranches)
            tags = api.every("read the protected tags", api.project.protectedtags)
        except Denied:
            return facts
        with api.reading():
            people = {number: members.login(api, number) for number in rules.named(found)}
            usual = counting.usual(api, approvals)
            held = {
                pattern: rules.rule(pattern, rules.fitting(witness, found), people, usual)
                for pattern, witness in {self._branch: self._branch, **_OWN}.items()
            }
            patterns = tuple(tag.text("name") for tag in tags)
        target = held.pop(self._branch)
        push, merge = (target.push, target.merge) if target else (Who(writers=True),) * 2
        return replace(
            facts,
            target=Protection(self._branch, target is not None, target),
            own=tuple(Protection(pattern, one is not None, one) for pattern, one in held.items()),
            tags=patterns,
            bot=replace(
                facts.bot,
                pushes=members.may(facts.bot.login, role, push),
                merges=members.may(facts.bot.login, role, merge),
            ),
        )

    # --- changing -------------------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Make one change; see the port.

        Raises:
            Denied: the token may not, or another rule still allows more.
            Unavailable, InvalidInput, Conflict: GitLab did not take it.
        """
        with self._api() as api:
            match change:
                case SetBranchRule():
                    self._set(api, change)
                case ProtectTags(pattern):
                    made = {"name": pattern, "create_access_level": MAINTAINER}
                    with api.tried(f"protect the tags {pattern}"):
                        api.project.protectedtags.create(made)
                case SetApprovals():
                    counting.set_counting(api, change)
                case SetWebhook(url):
                    hooks.put(api, self._webhook or WantedHook(url))
                case MakeEnvironment():
                    environments_of.make(api, change)

    def _set(self, api: Api, change: SetBranchRule) -> None:
        rule, doing = change.rule, f"protect {change.branches}"
        paid = counting.approvals(api) is not None
        found = api.every("read the protected branches", api.project.protectedbranches)
        with api.reading():
            before = [one for one in found if one.text("name") == rule.name]
            content = _content(api, rule, rules.shared(found), paid=paid)
            if paid and before:
                content["code_owner_approval_required"] = before[0].flag(
                    "code_owner_approval_required"
                )
        # What stands is not changed but made anew: on Free GitLab changes no level.
        if before:
            api.delete(doing, api.project.protectedbranches, rule.name)
        try:
            with api.tried(doing):
                api.project.protectedbranches.create(content)
        except FairleadError as error:
            if before:
                lost = isinstance(error, Unavailable)
                now = f"{rule.name} {'may be unprotected' if lost else 'is not protected'} now"
                error.hint = f"{now}: run `forge apply` again at once"
            raise
        if paid and change.branches == self._branch:
            counting.count(api, rule)
        self._expect(change)

    def _expect(self, change: SetBranchRule) -> None:
        facts = self.read()
        now = {p.branches: p.rule for p in (facts.target, *facts.own)}[change.branches]
        if now is None or (now.push, now.merge) != (change.rule.push, change.rule.merge):
            raise Denied(
                f"{change.branches} is protected, and another rule still allows more: {now}",
                "change that rule by hand: where several fit a branch, GitLab allows what one does",
            )


def _content(
    api: Api, rule: BranchRule, groups: Mapping[str, int], *, paid: bool
) -> dict[str, Any]:
    content: dict[str, Any] = {"name": rule.name, "allow_force_push": not rule.force_push.nobody}
    for verb, who in (("push", rule.push), ("merge", rule.merge)):
        if paid:
            people = {login: members.number(api, login) for login in who.people}
            content[f"allowed_to_{verb}"] = rules.allowed(who, people, groups)
        else:
            content[f"{verb}_access_level"] = rules.level(who)
    return content

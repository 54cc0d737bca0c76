"""The ForgeSettings port on Gitea: rules of branches and tags, read and made.

Gitea shows its rules to those who administer a repository. To others it tells what they may do
themselves with one branch: for the bot that is what matters most.

Source: Gitea 1.26, models/git/protected_branch.go and routers/api/v1/repo.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from bot.adapters import gitea_hooks as hooks
from bot.adapters.gitea_api import Api, GiteaLimits, Project
from bot.adapters.gitea_rules import content, rule_for, rules_of
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.wire import Wire
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
from gitops.errors import Denied, InvalidInput

T = TypeVar("T")

_WITNESSES = {
    "fairlead/**": "fairlead/state",
    "promote/**": "promote/environment/app/version",
    "rollback/**": "rollback/environment/app/version/1",
}
"""A branch of each pattern of ours, to see which rule holds there."""

_CANNOT = (
    (Ability.OWN_BRANCHES, "Gitea lets nobody delete a protected branch, and the bot deletes them"),
    (Ability.PINNED_STATUSES, "Gitea asks for a check by its name alone"),
    (Ability.CONTRIBUTORS, "Gitea counts whoever did not open the merge request"),
    (Ability.ENVIRONMENTS, "Gitea has none"),
    (Ability.DEPLOYERS, "Gitea has no environments"),
)

_NO_WRITER = frozenset({"none", "read"})


class GiteaSettings:
    """The settings of one repository, as one token sees them."""

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
            project: the repository.
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
        self._limits = GiteaLimits()

    # --- reading --------------------------------------------------------------------------------

    def read(
        self,
        owners: Collection[str] = (),
        environments: Collection[str] = (),  # noqa: ARG002 - Gitea has none
    ) -> ForgeFacts:
        """What it is set to, as far as the token sees it; see the port.

        Raises:
            Denied, Unavailable: see `bot.adapters.gitea_api.Api.refusal`.
            InvalidInput: there is no such bot.
        """
        return self._use(lambda api: self._read(api, owners))

    async def _read(self, api: Api, owners: Collection[str]) -> ForgeFacts:
        reader = await api.login()
        repository = await api.get("", "read the repository")
        with api.reading():
            administers = repository.inner("permissions").flag("admin")
        bot = self._bot or reader
        own = bot.casefold() == reader.casefold()
        branch = await self._own_view(api)
        facts = ForgeFacts(
            forge="Gitea",
            project=self._project.path,
            reader=reader,
            bot=BotRights(bot, administers if own else None),
            administered=administers,
            target=Protection(self._branch, branch.flag("protected") if branch else None),
            cannot=_CANNOT,
            author_approves=False,
            contributors_approve=True,
        )
        if own and branch is not None:
            with api.reading():
                rights = BotRights(
                    bot, administers, branch.flag("user_can_push"), branch.flag("user_can_merge")
                )
            facts = replace(facts, bot=rights)
        if not administers:
            return facts
        facts = await self._with_rules(api, facts)
        return replace(
            facts,
            unknown_owners=await self._unknown(api, owners) if owners else None,
            webhooks=await hooks.hooks(api, self._webhook) if self._webhook else None,
        )

    async def _own_view(self, api: Api) -> Fields | None:
        """The target branch as the token's account sees it; None where it is not there yet."""
        answer = await api.ask("GET", f"/branches/{quote(self._branch)}")
        return None if answer.status == 404 else api.read(answer, f"read {self._branch}")

    async def _with_rules(self, api: Api, facts: ForgeFacts) -> ForgeFacts:
        rules = await self._rules(api)
        target = _protection(self._branch, self._branch, rules)
        answer = await api.ask("GET", "/tag_protections")
        api.succeed(answer, "read the protected tags")
        with api.reading():
            tags = tuple(tag.text("name_pattern") for tag in Fields.parse_each(answer.body))
        return replace(
            facts,
            target=target,
            own=tuple(_protection(pattern, name, rules) for pattern, name in _WITNESSES.items()),
            tags=tags,
            bot=await self._rights(api, facts.bot.login, target.rule),
        )

    async def _rules(self, api: Api) -> tuple[BranchRule, ...]:
        """In the order in which the first that fits holds."""
        answer = await api.ask("GET", "/branch_protections")
        api.succeed(answer, "read the rules of branches")
        with api.reading():
            return rules_of(Fields.parse_each(answer.body))

    async def _rights(self, api: Api, bot: str, rule: BranchRule | None) -> BotRights:
        level = await self._level(api, bot)
        if level is None:
            raise InvalidInput(f"{self._project.origin} knows no account {bot}", "make it first")
        administers = level in {"admin", "owner"}
        # A team's rights by unit are not told here, so that anything less may still be to write.
        writes = True if level not in _NO_WRITER else None
        if rule is None:
            return BotRights(bot, administers, writes, writes)
        pushes, merges = (_is_among(bot, who, writes=writes) for who in (rule.push, rule.merge))
        return BotRights(bot, administers, pushes, merges)

    async def _level(self, api: Api, login: str) -> str | None:
        """`none`, `read`, `write`, `admin` or `owner`; None where there is no such account."""
        answer = await api.ask("GET", f"/collaborators/{quote(login, safe='')}/permission")
        if answer.status == 404:
            return None
        told = api.read(answer, f"read what {login} may do")
        with api.reading():
            return told.text("permission")

    async def _unknown(self, api: Api, owners: Iterable[str]) -> tuple[str, ...]:
        answer = await api.ask("GET", "/teams")
        teams: set[str] = set()
        if answer.status != 405:  # a person's repository has no teams
            api.succeed(answer, "read the teams")
            organisation = self._project.path.partition("/")[0]
            with api.reading():
                found = Fields.parse_each(answer.body)
                teams = {f"@{organisation}/{team.text('name')}".casefold() for team in found}
        unknown = []
        for owner in sorted(set(owners)):
            if "/" in owner:
                known = owner.casefold() in teams
            else:
                known = (await self._level(api, owner.removeprefix("@"))) not in {None, "none"}
            if not known:
                unknown.append(owner)
        return tuple(unknown)

    # --- changing -------------------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Make one change; see the port.

        Raises:
            Denied: the token may not, or Gitea left somebody out who may not write there.
            Unavailable, InvalidInput: Gitea did not take it.
        """
        match change:
            case SetBranchRule():
                self._use(lambda api: self._set(api, change))
            case ProtectTags(pattern):
                self._use(lambda api: self._protect_tags(api, pattern))
            case SetApprovals():
                raise InvalidInput("Gitea counts approvals in one way only")
            case MakeEnvironment(name):
                raise InvalidInput(f"Gitea has no environments: {name} cannot be made")
            case SetWebhook(url):
                wanted = self._webhook or WantedHook(url)
                self._use(lambda api: hooks.put(api, wanted))

    async def _set(self, api: Api, change: SetBranchRule) -> None:
        doing = f"set the rule of {change.branches}"
        wanted = content(change.rule)
        if change.before is None:
            first = min(await self._priorities(api), default=0) - 1
            named = {"rule_name": change.rule.name, "priority": first or -1}
            answer = await api.ask("POST", "/branch_protections", wanted | named)
        else:
            place = f"/branch_protections/{quote(change.before.name)}"
            answer = await api.ask("PATCH", place, wanted)
        made = api.read(answer, doing)
        with api.reading():
            (now,) = rules_of([made])
        if (now.push, now.merge, now.force_push) != (
            change.rule.push,
            change.rule.merge,
            change.rule.force_push,
        ):
            # Gitea leaves out, without a word, who may not write.
            who = f"{change.rule.push}; {change.rule.merge}"
            hint = "give the bot write access first"
            raise Denied(f"cannot {doing}: Gitea left somebody of it out ({who})", hint)

    async def _priorities(self, api: Api) -> list[int]:
        """A rule for several branches can come before one for a single branch."""
        answer = await api.ask("GET", "/branch_protections")
        api.succeed(answer, "read the rules of branches")
        with api.reading():
            return [rule.number("priority") for rule in Fields.parse_each(answer.body)]

    async def _protect_tags(self, api: Api, pattern: str) -> None:
        # Somebody has to be named; whoever administers can name others.
        mine = {"name_pattern": pattern, "whitelist_usernames": [await api.login()]}
        api.succeed(await api.ask("POST", "/tag_protections", mine), f"protect the tags {pattern}")

    def _use(self, calls: Callable[[Api], Awaitable[T]]) -> T:
        async def run() -> T:
            async with Wire([self._origin], self._limits.web) as wire:
                return await calls(Api(wire, self._project, self._token, self._limits))

        return asyncio.run(run())


def _protection(pattern: str, branch: str, rules: Iterable[BranchRule]) -> Protection:
    rule = rule_for(branch, rules)
    return Protection(pattern, rule is not None, rule)


def _is_among(login: str, who: Who, *, writes: bool | None) -> bool | None:
    """None where a group decides: who is in it is not asked."""
    if login.casefold() in {person.casefold() for person in who.people}:
        return True  # Gitea names nobody who may not write
    if who.writers:
        return writes
    return None if who.groups else False

"""The ForgeSettings port on GitHub: rule sets, made by us, and branch protections, as they stand.

What is made are rule sets of names that begin with `Fairlead:`. That nobody pushes, and what a
merge wants, is one; who may merge is another, so that whoever may is bound by the first. Rules are
in no words of PyGithub: they are asked for as they are.

Source: GitHub REST, "Rules", "Branch protection", "Repository collaborators".
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.adapters import github_collaborators as collaborators
from bot.adapters import github_environments as environments_of
from bot.adapters import github_hooks as hooks
from bot.adapters import github_rule_sets as ours
from bot.adapters.github import Server
from bot.adapters.github_api import Api
from bot.adapters.github_demands import Demand, joined, of_protection, of_rule_set
from bot.adapters.github_project import Project
from bot.adapters.github_requester import Access, SessionRequester
from bot.adapters.registry_credentials import RegistryOrigin, parse_origin
from bot.adapters.requests_session import OriginSession
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

_OWN = {
    "fairlead/**": "fairlead/state",
    "promote/**": "promote/environment/app/version",
    "rollback/**": "rollback/environment/app/version/1",
}
"""A branch of each pattern of ours, to see which rules hold there."""

_CANNOT = ((Ability.CONTRIBUTORS, "GitHub bars at most whoever pushed last"),)
_UPGRADE = "Upgrade to"
_FREE = (
    (Ability.BRANCHES, "GitHub's plan has no rules for a private repository"),
    (Ability.ENVIRONMENTS, "GitHub's plan has no environments for a private repository"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: gives the token to send now.

    `login` is told for an app, which GitHub shows no account of; None: GitHub is asked.
    """

    token: Callable[[], Secret]
    login: Callable[[], str] | None = None


class GitHubSettings:
    """The settings of one repository, as one account sees them."""

    def __init__(
        self,
        project: Project,
        account: Account,
        branch: str,
        *,
        bot: str | None = None,
        server: Server | None = None,
        webhook: WantedHook | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            project: the repository.
            account: a person's, or the bot's own.
            branch: the target branch.
            bot: the login of the bot, None: the account is its own.
            server: None: a public one.
            webhook: the one that is looked for and made; None: none.
        """
        self._webhook = webhook
        self._project = project
        self._account = account
        self._branch = branch
        self._bot = bot
        self._server = server or Server()

    @contextmanager
    def _api(self) -> Iterator[Api]:
        limits, url = self._server.limits, parse_origin(self._project.api) or self._project.api
        access = Access(self._project.api, self._account.token, limits.longest_wait)
        origin = RegistryOrigin(url, private=self._server.private, ca_file=self._server.ca_file)
        with OriginSession(origin, limits.session) as session:
            yield Api(SessionRequester(session, access), access, self._project, limits)

    # --- reading --------------------------------------------------------------------------------

    def read(self, owners: Collection[str] = (), environments: Collection[str] = ()) -> ForgeFacts:
        """What it is set to, as far as the account sees it; see the port.

        Raises:
            Denied, Unavailable: see `bot.adapters.github_api.Api.refusal`.
            InvalidInput: there is no such bot.
        """
        with self._api() as api:
            reader = self._reader(api)
            repository = api.read(f"/repos/{self._project.path}", "read the repository")
            with api.reading():
                administers = collaborators.administers(repository)
            bot = self._bot or reader
            own = bot.casefold() == reader.casefold()
            rules = _has_rules(api, self._branch)
            facts = ForgeFacts(
                forge="GitHub",
                project=self._project.path,
                reader=reader,
                administered=administers,
                bot=BotRights(bot, administers if own else collaborators.role(api, bot) == "admin"),
                target=Protection(self._branch, self._protected(api) if rules else False),
                cannot=_CANNOT if rules else (*_CANNOT, *_FREE),
                author_approves=False,
                contributors_approve=True,
                absent_environments=environments_of.absent(api, environments if rules else ()),
            )
            if self._webhook is not None and administers:
                facts = replace(facts, webhooks=hooks.hooks(api, self._webhook))
            if not facts.can(Ability.BRANCHES):
                return replace(facts, bot=replace(facts.bot, pushes=True, merges=True))
            if not administers:
                return _seen_by_bot(facts) if own else facts
            try:
                facts = self._with_rules(api, facts)
            except Denied:  # of a token that may do less than its owner
                return replace(_seen_by_bot(facts), administered=False)
            return replace(
                facts, unknown_owners=collaborators.unknown(api, owners) if owners else None
            )

    def _reader(self, api: Api) -> str:
        if self._account.login is not None:
            return self._account.login()
        user = api.read("/user", "read whose token this is")
        with api.reading():
            return user.text("login")

    def _protected(self, api: Api) -> bool | None:
        """Whether a protection or a rule set names the branch; None where it is not there yet."""
        told = api.there(f"branches/{quote(self._branch)}", f"read {self._branch}")
        if told is None:
            return None
        with api.reading():
            return told.flag("protected") or bool(_applying(api, self._branch))

    def _with_rules(self, api: Api, facts: ForgeFacts) -> ForgeFacts:
        bot = facts.bot.login
        entries = {ours.described(ours.actor(api, bot)): bot}
        sets = ours.sets(api)
        held = {
            pattern: self._held(api, pattern, branch, sets, entries)
            for pattern, branch in {self._branch: self._branch, **_OWN}.items()
        }
        rules = {pattern: joined(demands, pattern, bot) for pattern, demands in held.items()}
        target = rules.pop(self._branch)
        push, merge = (target.push, target.merge) if target else (Who(writers=True),) * 2
        rights = replace(
            facts.bot, pushes=collaborators.may(bot, push), merges=collaborators.may(bot, merge)
        )
        return replace(
            facts,
            bot=rights,
            target=Protection(self._branch, target is not None, target),
            own=tuple(Protection(p, rule is not None, rule) for p, rule in rules.items()),
            tags=ours.tags(sets),
        )

    def _held(
        self,
        api: Api,
        pattern: str,
        branch: str,
        sets: Mapping[int, Fields],
        entries: Mapping[str, str],
    ) -> list[Demand]:
        found = []
        for number in _applying(api, branch):
            with api.reading():
                told = sets.get(number) or api.read(f"rulesets/{number}", "read a rule set")
                name = told.text("name")
                found.append(
                    of_rule_set(pattern if name in ours.names(pattern) else name, told, entries)
                )
        protection = api.there(f"branches/{quote(branch)}/protection", f"read the rule of {branch}")
        if protection is not None:
            with api.reading():
                found.append(of_protection(pattern, protection))
        return found

    # --- changing -------------------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Make one change; see the port.

        Raises:
            Denied: the token or the plan does not allow it, or another rule still allows more.
            Unavailable, InvalidInput, Conflict: GitHub did not take it.
        """
        with self._api() as api:
            match change:
                case SetBranchRule(branches, rule):
                    its_own = branches == self._branch
                    for wanted in ours.rule_sets(api, branches, rule, target=its_own):
                        ours.put(api, wanted)
                case ProtectTags(pattern):
                    ours.put(api, ours.tag_rules(pattern))
                case SetApprovals():
                    raise InvalidInput("GitHub counts approvals in one way only")
                case SetWebhook(url):
                    hooks.put(api, self._webhook or WantedHook(url))
                case MakeEnvironment():
                    environments_of.make(api, change)
        if isinstance(change, SetBranchRule):
            self._expect(change)

    def _expect(self, change: SetBranchRule) -> None:
        facts = self.read()
        now = {p.branches: p.rule for p in (facts.target, *facts.own)}.get(change.branches)
        if now is None or _told(now) != _told(change.rule):
            raise Denied(
                f"the rule sets for {change.branches} are made, and another rule differs: {now}",
                "change that rule by hand: on GitHub the strictest one wins, for whom it binds",
            )


def _seen_by_bot(facts: ForgeFacts) -> ForgeFacts:
    """Where the branch is open to all, the bot may push; else it is not told by what."""
    open_to_all = True if facts.target.protected is False else None
    return replace(facts, bot=replace(facts.bot, pushes=open_to_all, merges=open_to_all))


def _told(rule: BranchRule) -> tuple[object, ...]:
    return (rule.push, rule.merge, rule.bypass, rule.approvals)


def _has_rules(api: Api, branch: str) -> bool:
    """Whether the plan has rules for this repository at all."""
    try:
        api.pages(f"rules/branches/{quote(branch)}", "read the rules")
    except Denied as denied:
        if _UPGRADE in str(denied):
            return False
        raise
    return True


def _applying(api: Api, branch: str) -> list[int]:
    """The numbers of the active rule sets that name a branch, be it there or not."""
    listed = api.pages(f"rules/branches/{quote(branch)}", "read the rules")
    with api.reading():
        return list(dict.fromkeys(rule.number("ruleset_id") for rule in listed))

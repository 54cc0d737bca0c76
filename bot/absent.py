"""What the fleet wants its forge to have, besides rules: nothing is merged or kept for it."""

from collections.abc import Iterator

from bot.findings import APPLY, WRITERS, Finding, Severity
from bot.forge_needs import Needs
from bot.forge_settings import Ability, ForgeFacts, Webhook

UNSEEN = frozenset({"webhook-unseen", "environments-unseen"})
"""The findings that say what the token does not see of it."""


def absent(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    """What is not there, or not as it should be."""
    yield from _webhook(needs, facts)
    yield from _environments(needs, facts)


def _webhook(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    if needs.webhook is None or any(hook.sound for hook in facts.webhooks or ()):
        return
    if facts.webhooks is None:
        cure = "FAIRLEAD_FORGE_ADMIN_TOKEN, as for the rules"
        what = f"{facts.reader}'s token does not see whether there is a webhook {needs.webhook}"
        yield Finding("webhook-unseen", Severity.NOTE, what, "nobody knows", cure)
        return
    lacks = "there is none" if not facts.webhooks else f"it {_lacking(facts.webhooks[0])}"
    what = f"fleet.yaml asks for the webhook {needs.webhook}, and {lacks}"
    yield Finding("webhook", Severity.WEAK, what, "nobody: the bot looks by the clock", APPLY)


def _lacking(hook: Webhook) -> str:
    if not hook.active:
        return "is switched off"
    if not hook.complete:
        return "does not tell of pushes, tags and merge requests alike"
    return "has no secret" if hook.verified else "does not look at its receiver's certificate"


def _environments(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    if facts.absent_environments is None:
        what = f"{facts.reader}'s token does not see which environments {facts.forge} has"
        page = f"docs/{facts.forge.lower()}.md"
        cure = f"FAIRLEAD_FORGE_ADMIN_TOKEN, with what {page} says that it has to be allowed"
        yield Finding("environments-unseen", Severity.NOTE, what, "nobody knows", cure)
    for name in facts.absent_environments or ():
        what, who = (
            f"{facts.forge} has no environment {name}",
            "nobody: it is for people to look at",
        )
        if facts.can(Ability.DEPLOYERS):
            what += f" to which {needs.branch} deploys; the first workflow that names it makes it"
            what += ", open to every branch"
            who = WRITERS
        yield Finding("environment-absent", Severity.WEAK, what, who, APPLY)

"""What a forge's settings leave open: each weakness, and the same settings without it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.diagnosis import diagnose
from bot.findings import Severity
from bot.forge_needs import PROMOTIONS, STATE_BRANCHES
from bot.forge_settings import (
    NOBODY,
    Ability,
    BotRights,
    BranchRule,
    ForgeFacts,
    Protection,
    RequiredStatus,
    Webhook,
    Who,
)
from bot.treatment import changes, line
from gitops.config import FleetConfig
from tests.conftest import ROOT
from tests.contract.settings_fleets import fleet

BOT = "fairlead"
MINE = Who(people=(BOT,))
WRITERS = Who(writers=True)
MAINTAINERS = Who(groups=("Maintainers",))
STRICT, DIRECT, OPEN = fleet(1, 2), fleet(None, 1), fleet(0, 0)

RULE = BranchRule("main", merge=MINE, approvals=1)


def owned(who: Who) -> tuple[Protection, ...]:
    """The bot's branches, where these may do everything."""
    return tuple(
        Protection(pattern, protected=True, rule=BranchRule(pattern, who, who, who))
        for pattern in (STATE_BRANCHES, *PROMOTIONS)
    )


SOUND = ForgeFacts(
    forge="A forge that can all",
    project="acme/fleet",
    reader="olga",
    administered=True,
    bot=BotRights(BOT, administers=False, pushes=False, merges=True),
    target=Protection("main", protected=True, rule=RULE),
    own=owned(MINE),
    tags=("v*",),
    author_approves=False,
    contributors_approve=False,
    overridable=False,
    pipeline_required=True,
    unknown_owners=(),
)

Plant = Callable[[ForgeFacts], ForgeFacts]


def ruled(**changed: object) -> Plant:
    """Another rule for the target branch."""

    def planted(facts: ForgeFacts) -> ForgeFacts:
        assert facts.target.rule is not None
        rule = replace(facts.target.rule, **changed)  # type: ignore[arg-type]
        return replace(facts, target=replace(facts.target, rule=rule))

    return planted


def told(**changed: object) -> Plant:
    return lambda facts: replace(facts, **changed)  # type: ignore[arg-type]


def bot(**changed: bool) -> Plant:
    return lambda facts: replace(facts, bot=replace(facts.bot, **changed))  # type: ignore[arg-type]


def both(*plants: Plant) -> Plant:
    def planted(facts: ForgeFacts) -> ForgeFacts:
        for plant in plants:
            facts = plant(facts)
        return facts

    return planted


def without(*abilities: Ability) -> Plant:
    return told(cannot=tuple((ability, "it cannot") for ability in abilities))


def unprotected(pattern: str) -> Plant:
    return lambda facts: replace(
        facts,
        own=tuple(Protection(p.branches, False) if p.branches == pattern else p for p in facts.own),
    )


def rollbacks(who: Who) -> Plant:
    """A rule for the branches that people push."""
    rule = Protection("rollback/**", protected=True, rule=BranchRule("rollback/**", who, who, who))
    return lambda facts: replace(facts, own=(*facts.own, rule))


def found(facts: ForgeFacts, wanted: FleetConfig = STRICT) -> dict[str, Severity]:
    return {f.code: f.severity for f in diagnose(wanted, facts).findings}


def test_a_sound_forge_has_nothing_to_be_said_of() -> None:
    diagnosis = diagnose(STRICT, SOUND)
    assert diagnosis.findings == ()
    assert diagnosis.sound
    assert (diagnosis.delivery, diagnosis.held) == ("strict", "strict")
    assert changes(STRICT, SOUND) == ()


R, W, N = Severity.REFUSED, Severity.WEAK, Severity.NOTE
HAND = ruled(merge=WRITERS)
UNPINNED = ruled(statuses=(RequiredStatus("render"),))
CASES: dict[str, tuple[Plant, dict[str, Severity]]] = {
    "unprotected": (told(target=Protection("main", protected=False)), {"target-unprotected": R}),
    "all push": (ruled(push=WRITERS), {"others-push": R}),
    "eve pushes": (ruled(push=Who(people=("eve", BOT))), {"others-push": R}),
    "a group pushes": (ruled(push=Who(groups=("Maintainers",))), {"others-push": R}),
    "the bot pushes": (both(ruled(push=MINE), bot(pushes=True)), {"bot-pushes": R}),
    "forced": (ruled(force_push=Who(groups=("Owners",))), {"force-push": R}),
    "bypass": (ruled(bypass=Who(people=("eve",))), {"bypass": R}),
    "an administrating bot": (bot(administers=True), {"bot-administers": R}),
    "stale": (ruled(stale_dismissed=False), {"stale-approvals": R}),
    "overridable": (told(overridable=True), {"overridable": R}),
    "unpinned": (UNPINNED, {"unpinned-status": R}),
    "author": (told(author_approves=True), {"author-approves": N}),
    "author, relied on": (
        both(told(author_approves=True), HAND),
        {"author-approves": R, "others-merge": W},
    ),
    "contributors": (told(contributors_approve=True), {"contributors-approve": N}),
    "contributors, relied on": (
        both(told(contributors_approve=True), HAND),
        {"contributors-approve": R, "others-merge": W},
    ),
    "by hand, named": (ruled(merge=Who(people=("bo", BOT))), {"others-merge": N}),
    "by hand, a role": (
        both(
            ruled(merge=MAINTAINERS),
            told(stands_for_bot=MAINTAINERS, own=owned(MAINTAINERS)),
            without(Ability.PERSONS),
        ),
        {"others-merge": N},
    ),
    "few": (ruled(approvals=0), {"few-approvals": W}),
    "many": (ruled(approvals=2), {"many-approvals": W}),
    "state": (unprotected("fairlead/**"), {"state-unprotected": W}),
    "promotions": (unprotected("promote/**"), {"promotions-unprotected": W}),
    "promotions, without a cure": (
        both(unprotected("promote/**"), without(Ability.OWN_BRANCHES)),
        {"promotions-unprotected": N},
    ),
    "rollbacks": (rollbacks(MINE), {"rollbacks-protected": W}),
    "rollbacks that stay": (
        both(unprotected("promote/**"), rollbacks(MAINTAINERS), without(Ability.OWN_BRANCHES)),
        {"promotions-unprotected": N, "rollbacks-protected": W},
    ),
    "rollbacks that people push": (rollbacks(Who(people=(BOT, "cy"))), {}),
    "promotions that stay": (without(Ability.OWN_BRANCHES), {"promotions-protected": W}),
    "tags": (told(tags=("release-*",)), {"tags-unprotected": W}),
    "owner": (told(unknown_owners=("@gone",)), {"unknown-owner": W}),
    "a bot that cannot": (bot(merges=False), {"bot-cannot-merge": W}),
    "no pipeline": (
        both(told(pipeline_required=False), without(Ability.APPROVALS)),
        {"no-pipeline": W},
    ),
    "unseen": (
        told(target=Protection("main", protected=True), tags=None, own=()),
        {"unseen": N},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_weakness_is_found_alone(name: str) -> None:
    plant, expected = CASES[name]
    assert found(plant(SOUND)) == expected


INCURABLE = {
    "rollbacks",
    "rollbacks that stay",
    "rollbacks that people push",
    *(
        "no pipeline",
        "an administrating bot",
        "unpinned",
        "by hand, named",
        "by hand, a role",
        "owner",
    ),
    *("promotions, without a cure", "promotions that stay", "a bot that cannot", "unseen"),
    "owner",
}
"""What no change of a rule cures, or what needs no cure."""


@pytest.mark.parametrize("name", sorted(CASES.keys() - INCURABLE))
def test_each_weakness_has_its_change(name: str) -> None:
    (*_, last) = changes(STRICT, CASES[name][0](SOUND))
    assert line(last)
    assert "\n" not in line(last)


@pytest.mark.parametrize("name", sorted(INCURABLE - {"unseen"}))
def test_what_has_no_cure_is_left_alone(name: str) -> None:
    assert changes(STRICT, CASES[name][0](SOUND)) == ()


# --- by what the fleet wants ----------------------------------------------------------------------


def test_what_direct_delivery_needs_is_a_note_and_said_plainly() -> None:
    pushing = both(ruled(push=MINE), bot(pushes=True))(SOUND)
    diagnosis = diagnose(DIRECT, pushing)
    assert diagnosis.sound
    assert (diagnosis.delivery, diagnosis.held) == ("direct", "direct")
    (note,) = diagnosis.findings
    assert note.what == "fairlead may push to main, so the forge guards nothing there from it"
    assert note.who == "whoever has the bot's token"
    assert found(SOUND, DIRECT) == {"bot-cannot-push": W}
    assert changes(DIRECT, pushing) == ()
    (change,) = changes(DIRECT, SOUND)
    assert line(change) == "change the rule of main: may push: fairlead"


def test_where_nothing_is_guarded_nothing_is_refused() -> None:
    open_to_all = told(target=Protection("main", protected=False))(SOUND)
    assert found(open_to_all, OPEN) == {"target-unprotected": W}
    assert found(open_to_all, STRICT) == {"target-unprotected": R}


def test_a_check_that_only_some_guarded_environments_pin_is_unpinned() -> None:
    facts = UNPINNED(SOUND)
    assert found(facts, fleet(1, 2, checks=["render"])) == {}
    assert found(facts, fleet(1, 2, checks=["lint"])) == {"unpinned-status": R}
    pinned = ruled(statuses=(RequiredStatus("render", "ci"),))(SOUND)
    assert found(pinned) == {}


def test_no_approvals_at_all_are_told_with_what_a_thief_can_do() -> None:
    facts = ruled(approvals=0)(SOUND)
    (note,) = diagnose(fleet(0, 2), facts).findings
    assert (note.code, note.severity) == ("no-approvals", N)
    assert note.who == "whoever has the bot's token"


@pytest.mark.parametrize(
    ("rights", "held"),
    [
        (BotRights(BOT, administers=False, pushes=False), "strict"),
        (BotRights(BOT, administers=False, pushes=True), "direct"),
        (BotRights(BOT, administers=True, pushes=False), "direct"),
        (BotRights(BOT, administers=None, pushes=False), None),
        (BotRights(BOT, administers=False, pushes=None), None),
    ],
)
def test_what_the_settings_hold_is_said_only_where_it_is_known(
    rights: BotRights, held: str | None
) -> None:
    assert diagnose(STRICT, replace(SOUND, bot=rights)).held == held


# --- changes --------------------------------------------------------------------------------------


def test_a_rule_made_for_other_branches_too_is_left_alone() -> None:
    everything = replace(RULE, name="**", push=WRITERS)
    facts = replace(SOUND, target=Protection("main", protected=True, rule=everything))
    (change,) = changes(STRICT, facts)
    assert line(change).startswith("protect main: ")
    own = replace(facts, target=Protection("main", True, replace(RULE, push=WRITERS)))
    (change,) = changes(STRICT, own)
    assert line(change) == "change the rule of main: may push: nobody"


def test_more_than_is_needed_stays() -> None:
    more = ruled(statuses=(RequiredStatus("render", "ci"),), approvers=Who(people=("ana",)))
    assert changes(STRICT, more(SOUND)) == ()


DOINGS = ("push", "force-push", "merge")


def test_where_persons_cannot_be_named_a_role_stands_for_the_bot() -> None:
    free = both(
        HAND,
        bot(administers=True),
        told(stands_for_bot=MAINTAINERS),
        without(Ability.PERSONS, Ability.APPROVALS, Ability.OWN_BRANCHES),
    )(SOUND)
    assert found(free)["bot-administers"] is N
    described = [line(change) for change in changes(STRICT, free)]
    assert described == [
        "change the rule of main: may merge: the group Maintainers",
        "change the rule of fairlead/**: "
        + "; ".join(
            f"may {what}: the group Maintainers" for what in ("push", "force-push", "merge")
        ),
    ]


# --- the manual -----------------------------------------------------------------------------------


HOOKED = STRICT.model_copy(
    update={"forge": STRICT.forge.model_copy(update={"webhook": "https://hooks.example.com/f"})}
)
GOOD = Webhook(active=True, complete=True)


@pytest.mark.parametrize(
    ("hooks", "told"),
    [
        ((), "there is none"),
        ((replace(GOOD, active=False),), "it is switched off"),
        ((replace(GOOD, complete=False),), "it does not tell of pushes, tags and merge requests"),
        ((replace(GOOD, verified=False),), "it does not look at its receiver's certificate"),
        ((replace(GOOD, signed=False),), "it has no secret"),
    ],
)
def test_a_webhook_that_is_not_as_asked_for_is_found_and_made(
    hooks: tuple[Webhook, ...], told: str
) -> None:
    facts = replace(SOUND, webhooks=hooks)
    (finding,) = diagnose(HOOKED, facts).findings
    assert (finding.code, finding.severity) == ("webhook", W)
    assert told in finding.what
    (change,) = changes(HOOKED, facts)
    anew = "make anew" if hooks else "make"
    assert line(change) == f"{anew} the webhook https://hooks.example.com/f"
    assert diagnose(STRICT, facts).findings == ()
    assert changes(STRICT, facts) == ()


def test_a_webhook_as_asked_for_is_left_alone() -> None:
    facts = replace(SOUND, webhooks=(replace(GOOD, active=False), GOOD))
    assert diagnose(HOOKED, facts).findings == ()
    assert changes(HOOKED, facts) == ()


def test_a_webhook_that_nobody_sees_is_a_note() -> None:
    assert found(SOUND, HOOKED) == {"webhook-unseen": N}
    assert changes(HOOKED, SOUND) == ()


def test_a_plan_without_rules_still_has_a_webhook() -> None:
    bare = replace(without(Ability.BRANCHES)(SOUND), webhooks=())
    assert [line(c) for c in changes(HOOKED, bare)] == [
        "make the webhook https://hooks.example.com/f"
    ]


EXTRA = {
    "no-approvals",
    "bot-cannot-push",
    "webhook",
    "webhook-unseen",
    "environment-absent",
    "environments-unseen",
}


def test_absent_environments_are_told_and_made_and_hinder_no_merge() -> None:
    lacking = replace(SOUND, absent_environments=("env-1",))
    diagnosis = diagnose(STRICT, lacking)
    (finding,) = diagnosis.findings
    assert (finding.code, finding.severity) == ("environment-absent", W)
    assert finding.who == "whoever may write to the repository"
    assert diagnosis.refusals == ()
    (change,) = changes(STRICT, lacking)
    assert line(change) == "make the environment env-1, to which main alone deploys"
    roles = without(Ability.DEPLOYERS)(lacking)
    (change,) = changes(STRICT, roles)
    assert line(change) == "make the environment env-1 (production)"
    assert diagnose(STRICT, replace(SOUND, absent_environments=())).findings == ()


def test_environments_that_nobody_sees_are_a_note() -> None:
    unseen = replace(SOUND, absent_environments=None)
    assert found(unseen) == {"environments-unseen": N}
    assert changes(STRICT, unseen) == ()


def test_an_environment_alone_says_nothing_of_what_it_is_for() -> None:
    """Then the forge guesses by its name."""
    alone, lacking = fleet(1), replace(SOUND, absent_environments=("env-0",))
    (change,) = changes(alone, without(Ability.DEPLOYERS)(lacking))
    assert line(change) == "make the environment env-0"


def test_the_manual_has_every_code() -> None:
    manual = (ROOT / "docs" / "operating.md").read_text().partition("## Doctor")[2]
    codes = {code for _, expected in CASES.values() for code in expected}
    for code in codes | EXTRA:
        assert f"`{code}`" in manual, code


def test_each_rule_has_somebody_who_keeps_it() -> None:
    for kept in diagnose(STRICT, SOUND).kept:
        assert kept.forge not in {"no", "unseen", ""} or kept.fairlead, kept
    blank = told(target=Protection("main", protected=False), own=(), tags=None)(SOUND)
    forge = {kept.rule: kept.forge for kept in diagnose(STRICT, blank).kept}
    assert forge["nobody but the bot pushes to main"] == "no"
    assert NOBODY.nobody

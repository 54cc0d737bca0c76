"""approved: enough of the right people agreed to exactly this head (S1, S2).

Never counted: the author, anybody who pushed a version of the merge request, a maker of the
release, a bot, somebody outside the rule's groups, an approval of another head. The rule is the one
on the target branch.
"""

from datetime import datetime

from bot.approvers import Approvers, approvers
from bot.makers import Makers, makers
from bot.model import Gap, MergeRequest, Release, Target
from bot.observation import Observation
from bot.plan import Pass, Promotion, Refuse, Verdict, Wait


def judge(
    promotion: Promotion,
    merge_request: MergeRequest,
    observation: Observation,
    now: datetime,  # noqa: ARG001 - every gate is asked with the time
) -> Verdict:
    """Pass with the names; Wait with who is missing; Refuse where too few people are left."""
    policy = observation.policy(promotion.target)
    if policy.required == 0:
        return Pass("no approval is asked for")
    held = _held_by_the_forge(observation)
    if held is not None:
        return held
    made = makers(promotion.release, observation)
    if made is None:
        commit = (promotion.release.commit or "")[:12]
        return Wait(f"nobody can say who made commit {commit}, and its makers may not approve")
    allowed = approvers(promotion.target, observation)
    if isinstance(allowed, Gap):
        return Wait(f"nobody can say who may approve: {allowed.service}: {allowed.reason}")
    return _counted(promotion, merge_request, observation, allowed, made)


def _held_by_the_forge(observation: Observation) -> Verdict | None:
    """Where somebody can do without approvals, counting them says nothing."""
    match observation.forge_refusals:
        case Gap(reason=reason):
            return Wait(reason)
        case ():
            return None
        case refusals:
            told = "; ".join(refusals)
            return Refuse(f"approvals mean nothing: {told} (see `fairlead doctor`)")


def _counted(
    promotion: Promotion,
    merge_request: MergeRequest,
    observation: Observation,
    allowed: Approvers,
    made: Makers,
) -> Verdict:
    rule = observation.policy(promotion.target).required
    required = rule + len(made.unmapped)
    barred = _contributors(merge_request, observation, allowed) | made.persons
    eligible = allowed.names - barred
    if required > len(eligible):
        return Refuse(_too_few(required, rule, made.unmapped, len(eligible)))
    given: set[str] = set()
    passed_over: list[str] = []
    for approval in merge_request.approvals:
        person = allowed.person(approval.person)
        if approval.bot or observation.config.is_bot(approval.person):
            passed_over.append(f"{approval.person} is a bot")
        elif approval.sha != merge_request.head:
            passed_over.append(f"{approval.person} approved an older head {approval.sha[:12]}")
        elif _person(approval.person, observation, allowed) in made.persons:
            passed_over.append(f"{approval.person} is a maker of the release")
        elif _person(approval.person, observation, allowed) in barred:
            passed_over.append(f"{approval.person} contributed to the merge request")
        elif person is None or person not in eligible:
            passed_over.append(
                f"{approval.person} is not in {_groups(promotion.target, observation)}"
            )
        else:
            given.add(person)
    if len(given) >= required:
        return Pass(f"approved by {', '.join(sorted(given))}")
    return Wait(_missing(given, required, made.unmapped, passed_over, eligible))


def eligible_approvers(
    target: Target, release: Release, observation: Observation
) -> Approvers | Gap:
    """Who may approve this release there, its makers taken out as far as they are known."""
    allowed = approvers(target, observation)
    made = makers(release, observation)
    if isinstance(allowed, Gap) or made is None:
        return allowed
    return Approvers({n: who for n, who in allowed.logins.items() if who not in made.persons})


def _contributors(
    merge_request: MergeRequest, observation: Observation, allowed: Approvers
) -> frozenset[str]:
    logins = (merge_request.author, *merge_request.contributors, observation.login)
    return frozenset(_person(login, observation, allowed) for login in logins)


def _person(contact: str, observation: Observation, allowed: Approvers) -> str:
    """The fleet's name for a login or e-mail; the contact itself where the fleet has none."""
    return allowed.person(contact) or observation.config.person_of(contact) or contact


def _groups(target: Target, observation: Observation) -> str:
    environment = next(e for e in observation.fleet.environments if e.name == target.environment)
    return " or ".join(environment.approvals.from_) or "any group of the rule"


def _missing(
    given: set[str],
    required: int,
    unmapped: tuple[str, ...],
    passed_over: list[str],
    eligible: frozenset[str],
) -> str:
    text = f"{len(given)} of {required} approvals"
    if given:
        text += f" ({', '.join(sorted(given))})"
    if unmapped:
        text += f"; {len(unmapped)} more because nobody knows who {', '.join(unmapped)} is"
    if passed_over:
        text += f"; not counted: {', '.join(passed_over)}"
    return text + f"; may approve: {', '.join(sorted(eligible - given))}"


def _too_few(required: int, rule: int, unmapped: tuple[str, ...], eligible: int) -> str:
    text = f"{required} approvals are needed but only {eligible} people may give one"
    if unmapped:
        text += (
            f" ({rule} by the rule, {len(unmapped)} for makers that nobody knows): map "
            f"{', '.join(unmapped)} under `people:` in fleet.yaml"
        )
    return text

"""Our rule sets on GitHub: what is sent, and the accounts that they name.

Source: GitHub REST, "Rules".
"""

from collections.abc import Collection, Mapping
from typing import Any

from bot.adapters.github_api import Api
from bot.adapters.github_demands import ADMINISTRATORS
from bot.canonical import Fields
from bot.forge_settings import BranchRule, Who
from gitops.errors import InvalidInput


def names(pattern: str) -> tuple[str, ...]:
    """Of our rule sets for a branch or a pattern."""
    return (f"Fairlead: {pattern}", f"Fairlead: merges into {pattern}")


def sets(api: Api) -> Mapping[int, Fields]:
    """Every rule set of the repository, whole."""
    found = {}
    for one in api.pages("rulesets", "read the rule sets"):
        with api.reading():
            number = one.number("id")
        found[number] = api.read(f"rulesets/{number}", "read a rule set")
    return found


def tags(there: Mapping[int, Fields]) -> tuple[str, ...]:
    """The patterns of tags that active rule sets are for, sorted.

    Raises:
        InvalidInput: the answer has another shape.
    """
    found: list[str] = []
    for one in there.values():
        if one.text("target") == "tag" and one.text("enforcement") == "active":
            named = one.inner("conditions").inner("ref_name").texts("include")
            found += [name.removeprefix("refs/tags/") for name in named]
    return tuple(sorted(found))


def rule_sets(api: Api, pattern: str, rule: BranchRule, *, target: bool) -> list[dict[str, Any]]:
    """Those that make a rule so: of the target branch two, of the bot's own branches one.

    Raises:
        InvalidInput: it names an account that is not there.
    """
    pushing = [_entry(api, one, "always") for one in _each(rule.push)]
    if not target:
        kinds = [{"type": kind} for kind in ("creation", "update", "deletion")]
        included = pattern.replace("/**", "/**/*")
        return [_rule_set(names(pattern)[0], included, kinds, pushing)]
    merging = [_entry(api, one, "pull_request") for one in _each(rule.merge)]
    merging = [one for one in merging if one["actor_id"] not in _numbers(pushing)] + pushing
    guard, merges = names(pattern)
    rules = [{"type": "deletion"}, {"type": "non_fast_forward"}, _review(api, guard, rule)]
    return [
        _rule_set(guard, pattern, rules, pushing),
        _rule_set(merges, pattern, [{"type": "update"}], merging),
    ]


def _rule_set(
    name: str, pattern: str, rules: list[dict[str, Any]], bypass: list[dict[str, Any]]
) -> dict[str, Any]:
    named = {"include": [f"refs/heads/{pattern}"], "exclude": []}
    return {
        "name": name,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": named},
        "rules": rules,
        "bypass_actors": bypass,
    }


def tag_rules(pattern: str) -> dict[str, Any]:
    """The one under which administrators alone make and move tags."""
    kind, _, number = ADMINISTRATORS.partition(" ")
    who = {"actor_type": kind, "actor_id": int(number), "bypass_mode": "always"}
    rules = [{"type": one} for one in ("creation", "update", "deletion")]
    made = _rule_set(f"Fairlead: tags {pattern}", pattern, rules, [who])
    named = {"include": [f"refs/tags/{pattern}"], "exclude": []}
    return made | {"target": "tag", "conditions": {"ref_name": named}}


def _review(api: Api, name: str, rule: BranchRule) -> dict[str, Any]:
    """What a merge wants; what somebody has added to our rule set stays."""
    usual: dict[str, Any] = {
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    for one in sets(api).values():
        if one.text("name") == name:
            for kept in one.each("rules"):
                if kept.text("type") == "pull_request":
                    usual |= kept.inner("parameters").content
    wanted = {
        "required_approving_review_count": rule.approvals,
        "dismiss_stale_reviews_on_push": rule.stale_dismissed,
    }
    return {"type": "pull_request", "parameters": usual | wanted}


def put(api: Api, wanted: Mapping[str, Any]) -> None:
    """Make a rule set, or make the one of that name so."""
    there = [n for n, one in sets(api).items() if one.text("name") == wanted["name"]]
    place = f"/repos/{api.project.path}/rulesets"
    method, url = ("PUT", f"{place}/{there[0]}") if there else ("POST", place)
    status, _, text = api.requester.requestJson(method, url, input=dict(wanted))
    if status not in {200, 201}:
        raise api.refusal(status, text, f"make the rule set {wanted['name']!r}")


def _each(who: Who) -> tuple[str, ...]:
    return (*who.people, *who.groups)


def _entry(api: Api, one: str, mode: str) -> dict[str, Any]:
    """An entry of a bypass list, for a login or what such a list said before."""
    kind, _, number = one.partition(" ")
    known = {"actor_type": kind, "actor_id": int(number)} if number.isdigit() else actor(api, one)
    return known | {"bypass_mode": mode}


def actor(api: Api, login: str) -> dict[str, Any]:
    """How a bypass list names an account; an app is named by its own number, not its account's."""
    slug = login.removesuffix("[bot]")
    place, kind = (f"/users/{login}", "User") if slug == login else (f"/apps/{slug}", "Integration")
    told = api.there(place, f"look up {login}")
    if told is None:
        raise InvalidInput(f"GitHub knows no account {login}", "make it first")
    with api.reading():
        return {"actor_type": kind, "actor_id": told.number("id")}


def described(found: Mapping[str, Any]) -> str:
    """An actor in one word and a number, as `of_rule_set` names it."""
    return f"{found['actor_type']} {found['actor_id']}"


def _numbers(entries: Collection[Mapping[str, Any]]) -> set[int]:
    return {entry["actor_id"] for entry in entries}

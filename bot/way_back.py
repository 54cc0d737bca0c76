"""A rollback in a commit message and in a merge request. Pure."""

from bot.canonical import Fields, Json, encode, instant
from bot.neutral import code
from bot.plan import Promotion
from bot.stop import Rollback
from gitops.config import HoldConfig, stop_text
from gitops.errors import InvalidInput


def hold_of(rollback: Rollback) -> bytes:
    """The hold file that it brings along."""
    return stop_text(
        HoldConfig(
            owner=rollback.owner,
            reason=rollback.reason,
            made=rollback.made,
            until=rollback.until,
        )
    )


def written(rollback: Rollback) -> str:
    """One line of JSON for a trailer."""
    until = instant(rollback.until) if rollback.until else None
    facts: Json = {
        "number": rollback.number,
        "owner": rollback.owner,
        "reason": rollback.reason,
        "made": instant(rollback.made),
        "until": until,
    }
    return encode(facts).decode().rstrip("\n")


def read_back(text: str) -> Rollback | None:
    """What `written` wrote; None for anything else, also where it could not be a hold."""
    try:
        fields = Fields.parse(text.encode())
        until = fields.optional("until")
        held = HoldConfig.model_validate(
            {"owner": fields.text("owner"), "reason": fields.text("reason")}
            | {"made": fields.text("made")}
            | ({"until": until} if until else {})
        )
        rollback = Rollback(fields.number("number"), held.owner, held.reason, held.made, held.until)
    except (InvalidInput, ValueError):
        return None
    lasts = rollback.until is None or rollback.until > rollback.made
    return rollback if lasts and rollback.number >= 1 and written(rollback) == text else None


def rolls_back(promotion: Promotion, rollback: Rollback) -> str:
    """The first lines of its merge request."""
    release, target = promotion.release, promotion.target
    ends = f"{rollback.until:%Y-%m-%d %H:%M} UTC" if rollback.until else "somebody ends it"
    return (
        f"Rolls {code(release.app)} in {code(target.environment)} back to {code(release.version)}, "
        f"and holds it there until {ends}.\n\n"
        f"Asked for by {code(rollback.owner)}: {code(rollback.reason, 400)}"
    )

"""Conditions as Kubernetes' controllers keep them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    """This moment, as the API writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def conditions(
    found: Mapping[str, Any], *wanted: tuple[str, bool | None, str, str], observed: bool = False
) -> list[dict[str, Any]]:
    """The conditions that an object shall have.

    Args:
        found: the object as it is. A condition whose status stays keeps the time of its turn.
        wanted: of each its type, its status (None is Unknown), reason and message.
        observed: whether they name the generation, as Flux's do and a Deployment's do not.
    """
    before = {each["type"]: each for each in found.get("status", {}).get("conditions", ())}
    made = []
    for kind, status, reason, message in wanted:
        said = "Unknown" if status is None else str(status)
        old = before.get(kind, {})
        turned = old["lastTransitionTime"] if old.get("status") == said else now()
        one = {"type": kind, "status": said, "reason": reason, "message": message}
        generation = {"observedGeneration": found["metadata"]["generation"]} if observed else {}
        made.append({**one, "lastTransitionTime": turned, **generation})
    return made

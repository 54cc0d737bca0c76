"""Operators' stops: the files below `.fairlead/holds/` and `.fairlead/freezes/`.

    .fairlead/holds/<environment>/<app>.yaml     nothing new of the app is brought there
    .fairlead/freezes/<environment>.yaml         nothing is delivered there
    .fairlead/freezes/_all.yaml                  nothing is delivered anywhere

The path says what is stopped. No Flux path may reach these files (FL006).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from pydantic import Field, ValidationError

from gitops.config import forms
from gitops.config.calendar import date_of, moment_of, moment_text
from gitops.config.faults import Fault, told
from gitops.config.one_file import document_of, model_of, regular
from gitops.config.scalars import Login, Moment, Sentence, duration_of
from gitops.config.schema import API_VERSION, Model
from gitops.errors import InvalidInput, Place
from gitops.tree import File, Tree

EVERYWHERE: Final = "_all"
"""In the place of an environment's name, which begins with no such character."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIRECTORIES = (".fairlead/holds/", ".fairlead/freezes/")
_HOLD = re.compile(r"\.fairlead/holds/([a-z0-9][a-z0-9-]*)/([^/_.][^/]*)\.yaml")
_FREEZE = re.compile(rf"\.fairlead/freezes/([a-z0-9][a-z0-9-]*|{EVERYWHERE})\.yaml")


class HoldConfig(Model):
    """An app stays in an environment at the release that is there."""

    owner: Login = Field(description="Who made it, by the login on the forge.")
    reason: Sentence = Field(description="Why; whoever waits is told.")
    made: Moment = Field(description="When it was made.")
    until: Moment | None = Field(
        default=None, description="When it ends by itself; without this it lasts until `unhold`."
    )


class StandingFreezeConfig(Model):
    """Nothing is delivered to an environment, or to any."""

    owner: Login = Field(description="Who made it, by the login on the forge.")
    reason: Sentence = Field(description="Why; whoever waits is told.")
    made: Moment = Field(description="When it was made.")
    until: Moment = Field(description="When it ends by itself.")


StopConfig = HoldConfig | StandingFreezeConfig

_KINDS: Final[Mapping[type[StopConfig], str]] = {HoldConfig: "Hold", StandingFreezeConfig: "Freeze"}


@dataclass(frozen=True)
class StopFile:
    """One such file.

    `environment` None stands for all, `app` None for every app: a freeze. `content` is None where
    `error` says what is wrong with it. `stops` is False where the path says nothing that could be
    stopped.
    """

    path: str
    environment: str | None
    app: str | None
    content: StopConfig | None
    error: InvalidInput | None = None
    stops: bool = True


def hold_path(environment: str, app: str) -> str:
    """Where a hold is written."""
    return f".fairlead/holds/{environment}/{app}.yaml"


def freeze_path(environment: str | None) -> str:
    """Where a freeze is written; None is all environments."""
    return f".fairlead/freezes/{environment or EVERYWHERE}.yaml"


def stop_of(
    owner: str, reason: str, made: datetime, until: datetime | None, *, hold: bool
) -> StopConfig:
    """A hold or a freeze of these values.

    Raises:
        InvalidInput: the owner is no login, the reason no sentence, or a freeze has no end.
    """
    facts = {"owner": owner, "reason": reason, "made": made, "until": until}
    try:
        return (HoldConfig if hold else StandingFreezeConfig).model_validate(facts)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False)[0]
        message = f"the {error['loc'][0]}: {error['msg']}"
        raise InvalidInput(message, error.get("ctx", {}).get("hint")) from None


def until_of(text: str, now: datetime) -> datetime:
    """When a stop ends that a person makes at `now` (aware), in whole seconds and UTC.

    `text` is a day, with which it ends (in UTC); a moment with its zone; or for how long, as `2h`.

    Raises:
        InvalidInput: another form, or it is over already.
    """
    if _DAY.fullmatch(text):
        day = datetime.combine(date_of(text), time(), tzinfo=UTC)
        until = day + timedelta(days=1)
    elif forms.DURATION.fullmatch(text):
        until = now.astimezone(UTC).replace(microsecond=0) + duration_of(text)
    else:
        try:
            until = moment_of(text)
        except InvalidInput as error:
            hint = "write a day as 2026-12-20, a moment as 2026-12-20T16:00:00Z, or a time as 2h"
            raise InvalidInput(error.message, hint) from error
    if until <= now:
        raise InvalidInput(f"`{text}` is over already: it is {moment_text(now)}", "say a later one")
    return until


def is_stop(path: str) -> bool:
    """Whether a file of this path stops something."""
    return bool(_HOLD.fullmatch(path) or _FREEZE.fullmatch(path))


def stop_text(stop: StopConfig) -> bytes:
    """The file that says it, which `read_stops` reads as the same; moments in whole seconds."""
    lines = [
        f"apiVersion: {API_VERSION}",
        f"kind: {_KINDS[type(stop)]}",
        f"owner: {json.dumps(stop.owner, ensure_ascii=False)}",
        f"reason: {json.dumps(stop.reason, ensure_ascii=False)}",
        f"made: {moment_text(stop.made)}",
    ]
    if stop.until is not None:
        lines.append(f"until: {moment_text(stop.until)}")
    return ("\n".join(lines) + "\n").encode()


def read_stops(tree: Tree) -> tuple[StopFile, ...]:
    """Every stop of a fleet, those that cannot be read too, by path."""
    found = (p for p in tree if p.startswith(_DIRECTORIES) and p.endswith((".yaml", ".yml")))
    return tuple(_stop(path, tree[path]) for path in found)


def _stop(path: str, file: File) -> StopFile:
    hold, freeze = _HOLD.fullmatch(path), _FREEZE.fullmatch(path)
    if hold is None and freeze is None:
        cure = "the path is `.fairlead/holds/ENV/APP.yaml` or `.fairlead/freezes/ENV.yaml`"
        error = InvalidInput("stops nothing: its path names no app in an environment", cure)
        error.place = Place(path)
        return StopFile(path, None, None, None, error, stops=False)
    place = freeze[1] if freeze else hold[1] if hold else ""
    environment = None if place == EVERYWHERE else place
    app = hold[2] if hold else None
    try:
        content = _content(path, regular(path, file), hold is not None)
    except InvalidInput as error:
        return StopFile(path, environment, app, None, error)
    return StopFile(path, environment, app, content)


@lru_cache(maxsize=4096)
def _content(path: str, data: bytes, hold: bool) -> StopConfig:  # noqa: FBT001 - a cached function
    document = document_of(path, data)
    model: type[StopConfig] = HoldConfig if hold else StandingFreezeConfig
    content = model_of(document, _KINDS[model], model)
    if content.until is not None and content.until <= content.made:
        raise told(document, Fault(("until",), "ends before it was made", "write a later one"))
    return content

"""The end of a failed soak, only ever asked for by a person: the release may soak once more."""

from dataclasses import replace
from datetime import datetime

from bot.model import Target
from bot.neutral import one_line
from bot.observation import Observation
from bot.ports import Ports, StateChange
from bot.standing import failure_of
from bot.state import Failure, Restart
from gitops.errors import InvalidInput


def restarted(
    target: Target, observation: Observation, by: str, reason: str, now: datetime
) -> Failure:
    """The failure of what runs in a target, as it stands on record once it no longer counts.

    Raises:
        InvalidInput: nothing that is known runs there, or it has not failed; or no reason is given.
    """
    if not reason.strip():
        raise InvalidInput("no reason is given", "say why with --reason")
    running = observation.runs(target)
    if running is None:
        raise InvalidInput(f"nothing that is known runs as {target}")
    failure = failure_of(running, observation)
    if failure is None:
        version = running.release.version
        raise InvalidInput(f"{version} has not failed its soak: nothing keeps {target}")
    return replace(failure, restarted=Restart(one_line(by), one_line(reason), now))


def record(ports: Ports, observation: Observation, failure: Failure) -> str:
    """Write it; the head of the state branch after it.

    Raises:
        Conflict: the state branch has moved since; ask again.
    """
    change = StateChange(seen={}, failures=(failure,))
    now = failure.restarted.at if failure.restarted is not None else failure.at
    return ports.ledger.write(observation.state.sha, change, now)

"""Every stop in one line: those that count, and why others do not."""

from datetime import datetime

from bot.gates.hold import may_stop, told
from bot.neutral import whole
from bot.observation import Observation
from bot.stop import Stop


def stops_told(observation: Observation, now: datetime) -> tuple[str, ...]:
    """Those of the target branch, then those that are only proposed."""
    return tuple(whole(_line(stop, observation, now)) for stop in observation.stops)


def _line(stop: Stop, observation: Observation, now: datetime) -> str:
    what = "held" if stop.app is not None else "frozen"
    where = stop.environment or "every environment"
    where = where if stop.app is None else f"{stop.app} in {where}"
    until = f" (until {stop.until:%Y-%m-%d %H:%M:%S} UTC)" if stop.until else ""
    line = f"{where}: {told(what, stop)}{until}"
    if not stop.stands(now):
        verb = "unhold" if stop.app is not None else "unfreeze"
        return f"{line}; it has ended, and `fairlead {verb}` removes the file"
    if stop.author is None:
        return line
    concerned = [t for t in observation.targets if stop.concerns(t)]
    if any(may_stop(stop.author, t, observation) for t in concerned):
        return line
    return f"{line}; {stop.author} may approve nothing there, so it counts once it is merged"

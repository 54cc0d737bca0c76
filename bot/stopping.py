"""What stops deliveries: the target branch's stop files, and open merge requests that only add one.

Pure, but for the mirror that is given to it.
"""

from bot.forge import STOP_PREFIX
from bot.mirror import Mirror
from bot.model import MergeRequest, MergeRequestState
from bot.observation import Observation
from bot.stop import Stop
from gitops.config import StopFile


def stops(observation: Observation, mirror: Mirror) -> tuple[Stop, ...]:
    """Those of the target branch, then those of open merge requests by number."""
    found = [_stop(file) for file in mirror.stops(observation.head) if file.stops]
    for request in proposed(observation.merge_requests, observation.fleet.branch):
        added = mirror.added_stops(request.head, observation.head)
        # What cannot be read counts where it was merged: there the fleet's people let it in.
        found += [_stop(file, request) for file in added if file.content is not None]
    return tuple(found)


def proposed(requests: tuple[MergeRequest, ...], branch: str) -> tuple[MergeRequest, ...]:
    """The open merge requests from operators' branches."""
    return tuple(
        m
        for m in requests
        if m.state is MergeRequestState.OPEN
        and m.target_branch == branch
        and m.source_branch.startswith(STOP_PREFIX)
    )


def _stop(file: StopFile, request: MergeRequest | None = None) -> Stop:
    content = file.content
    return Stop(
        file.path,
        file.environment,
        file.app,
        content.owner if content else "",
        content.reason if content else "",
        content.until if content else None,
        None if content else str(file.error),
        request.number if request else None,
        request.author if request else None,
    )

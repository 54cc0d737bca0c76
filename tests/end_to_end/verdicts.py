"""What holds at the end of every release's way, on whatever forge."""

import re

from tests.end_to_end import story
from tests.end_to_end.world import RealWorld

TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{16,}\.")
"""How every token of the registry's token service begins."""

OWN = frozenset({"secrets", "registry", "passwords", "app.ini"})
"""Directories and files in which servers and people keep what is theirs."""


def bodies_of(world: RealWorld, state: str) -> dict[str, str]:
    """The text of each app's merge request in this state."""
    return {
        request["source_branch"].split("/")[2]: world.body(request["number"])
        for request in world.requests(state)
    }


def digests_proven(world: RealWorld, environment: str) -> dict[str, str]:
    """By repository, from the proof records."""
    return {
        artifact["repository"]: artifact["digest"]
        for (there, _), proof in story.proofs(world).items()
        if there == environment
        for artifact in proof["release"]["artifacts"]
    }


def settled(world: RealWorld) -> None:
    """Everything is where it belongs, and a second run writes nothing."""
    status = world.fairlead("status").out
    assert status.count("(done)") == len(story.APPS) * 3, status
    before = world.refs()
    second = world.fairlead("run", "--once")
    assert second.audit == []
    assert world.refs() == before
    world.fairlead("run", "--dry-run")


def clean(world: RealWorld) -> None:
    """No secret is in anything that was said, sent or written, at the server or here.

    Below the world's directory are the work directory, the servers' logs, and the arguments of
    every git. Headers alone carry credentials, and are not looked at.
    """
    assert b'"child_start"' in world.git_trace.read_bytes()
    said = "".join(heard.out + heard.err for heard in world.fairlead.heard).encode()
    places = {
        "what was said": said,
        "the fleet repository": world.objects(),
        "what the server was sent": world.heard_by_server(),
    }
    for path in world.directory.rglob("*"):
        if path.is_file() and not {path.name, path.parent.name} & OWN:
            places[str(path)] = path.read_bytes()
    hits = [
        (where, canary)
        for where, data in places.items()
        for canary in [*world.canaries, *TOKEN.findall(data)]
        if canary in data
    ]
    assert hits == []
    assert len(said) > 10_000

"""The start of a state branch, and the end of a halt: both only ever asked for by a person."""

from dataclasses import replace
from datetime import datetime

from bot.memory import new_baselines, new_tags
from bot.observation import Observation
from bot.ports import Ports, StateChange
from bot.state import Origin
from gitops.errors import InvalidInput


def first_records(observation: Observation, now: datetime) -> StateChange:
    """Every tag as first seen now, and each pin that maps to one commit as a baseline."""
    adopted = replace(
        observation,
        running=tuple(
            replace(r, origin=Origin.ADOPTED) if r.origin is Origin.OUTSIDE else r
            for r in observation.running
        ),
    )
    return StateChange(seen=new_tags(adopted, now), baselines=new_baselines(adopted))


def start(ports: Ports, observation: Observation, now: datetime) -> str:
    """Create the state branch; its first sha.

    Raises:
        InvalidInput: there is one already, or a former one was lost (a halt, cleared otherwise).
    """
    if observation.state.sha is not None:
        raise InvalidInput(f"there is a state branch already, at {observation.state.sha[:12]}")
    if observation.state_lost is not None:
        raise InvalidInput(
            f"the state branch was lost: {observation.state_lost}",
            "push it again, or give it up with `fairlead halt --clear`",
        )
    return ports.ledger.start((), first_records(observation, now), now)


def clear_halt(ports: Ports, observation: Observation, now: datetime) -> str:
    """End a halt; the head of the state branch after it.

    A lost or rewound state branch is replaced by a new one that says so: proofs and soaks are
    gone, and what runs must pass the exit gates again. A wrong merge stays in the target branch's
    history: its reason is remembered, so that it does not halt the bot again.

    Raises:
        InvalidInput: nothing is halted.
    """
    state = observation.state
    heads = (*state.replaces, observation.named_state, state.sha)
    lost = tuple(dict.fromkeys(head for head in heads if head is not None))
    if observation.state_lost is not None:
        records = replace(first_records(observation, now), cleared=state.cleared)
        return ports.ledger.start(lost, records, now)
    if state.halt is None:
        raise InvalidInput("nothing is halted")
    cleared = tuple(dict.fromkeys((*state.cleared, state.halt.reason)))
    change = StateChange(seen={}, clear_halt=True, cleared=cleared)
    return ports.ledger.write(state.sha, change, now)

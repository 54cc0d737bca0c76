"""Who may approve in an environment: the fleet's groups, and the forge's as it tells them. Pure.

Whose group could not be read is not "nobody", and not "everybody": then nobody knows, and what
hangs on it waits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.model import Gap, Target
from bot.observation import Observation


@dataclass(frozen=True, slots=True)
class Approvers:
    """`logins` maps each login in lower case to the person it counts as."""

    logins: Mapping[str, str] = field(hash=False)

    @property
    def names(self) -> frozenset[str]:
        """Persons of the fleet, else logins."""
        return frozenset(self.logins.values())

    def person(self, login: str) -> str | None:
        """Whom a login counts as, None for one of nobody who may approve."""
        return self.logins.get(login.casefold())


def approvers(target: Target, observation: Observation) -> Approvers | Gap:
    """Who may approve there, makers and contributors included; a Gap when a group was not read."""
    policy = observation.policy(target)
    logins = dict(policy.logins)
    for group in sorted(policy.forge_groups):
        members = observation.members.get(group, Gap("the forge", f"group {group} was not asked"))
        if isinstance(members, Gap):
            return members
        for login, person in _counted(members, observation):
            logins.setdefault(login.casefold(), person)
    return Approvers(logins)


def _counted(members: tuple[str, ...], observation: Observation) -> Iterator[tuple[str, str]]:
    """Each login with the person it counts as, without machines.

    A login that merely equals the name of a person who has other logins is nobody.
    """
    names = {name.casefold() for name in observation.fleet.people}
    for login in members:
        person = observation.config.person_of(login)
        if person is not None:
            if not observation.config.is_bot(login):
                yield login, person
        elif login.casefold() not in names:
            yield login, login

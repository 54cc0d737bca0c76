"""Who is who: logins and e-mails to persons, groups to those who may approve."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gitops.config.faults import Fault, nearest
from gitops.config.schema import FleetConfig, PersonConfig
from gitops.document import Address

FORGE_GROUP = "group:"


@dataclass(frozen=True, slots=True)
class People:
    """The persons of a fleet. Logins and e-mails are compared without regard to case.

    `contacts` maps each, in lower case, to the person's name; `bots` are names of persons.
    """

    contacts: Mapping[str, str]
    logins: Mapping[str, tuple[str, ...]]
    """By person, in lower case."""
    groups: Mapping[str, tuple[str, ...]]
    bots: frozenset[str]

    @classmethod
    def of(cls, fleet: FleetConfig) -> "People":
        """Those of a fleet; of two who claim one login or e-mail, the first has it."""
        contacts: dict[str, str] = {}
        for name, person in fleet.people.items():
            for _, contact in _contacts(name, person):
                contacts.setdefault(contact.casefold(), name)
        logins = {n: tuple(c.casefold() for c in logins_of(n, p)) for n, p in fleet.people.items()}
        bots = frozenset(name for name, person in fleet.people.items() if person.bot)
        return cls(contacts, logins, fleet.groups, bots)

    def person_of(self, contact: str) -> str | None:
        """The person with this login or e-mail, None when `people:` names none."""
        return self.contacts.get(contact.casefold())

    def is_bot(self, contact: str) -> bool:
        """Whether this login or e-mail is a machine's; False for one that nobody claims."""
        return self.person_of(contact) in self.bots

    def approvers(self, groups: Iterable[str]) -> Mapping[str, str]:
        """Login (lower case) to the name it counts as, for the members of groups of this file.

        A member is a person where `people:` knows the name or login, else the login itself.
        Machines are left out, and so are groups that are not in this file.
        """
        found: dict[str, str] = {}
        names = {name.casefold(): name for name in self.logins}
        for group in groups:
            for member in self.groups.get(group, ()):
                person = names.get(member.casefold()) or self.person_of(member)
                if person is None:
                    found[member.casefold()] = member
                elif person not in self.bots:
                    found.update(dict.fromkeys(self.logins[person], person))
        return found


def logins_of(name: str, person: PersonConfig) -> tuple[str, ...]:
    """A person's logins on the forge: those listed, else the person's name."""
    return person.logins or (name,)


def _contacts(name: str, person: PersonConfig) -> Iterator[tuple[Address, str]]:
    """Each login and e-mail with its address below the person."""
    yield from ((("emails", i), email) for i, email in enumerate(person.emails))
    if person.logins:
        yield from ((("logins", i), login) for i, login in enumerate(person.logins))
    else:
        yield (), name


def people_faults(fleet: FleetConfig) -> Iterator[Fault]:
    """Names, logins and e-mails that two persons claim; a login that is another person's name."""
    owners: dict[str, str] = {}
    names: dict[str, str] = {}
    for name in fleet.people:
        first = names.setdefault(name.casefold(), name)
        if first != name:
            # A group's member is looked up without regard to case, and would be either of them.
            told = f"`{name}` and `{first}` are one name"
            yield Fault(("people", name), told, "rename one of them")
    for name, person in fleet.people.items():
        for below, contact in _contacts(name, person):
            owner = owners.setdefault(contact.casefold(), name)
            if owner == name and contact.casefold() in names:
                owner = names[contact.casefold()]
            if owner != name:
                told = f"`{contact}` belongs to `{owner}` and to `{name}`"
                yield Fault(("people", name, *below), told, "give it to one of them")


def group_faults(fleet: FleetConfig, groups: Iterable[str], address: Address) -> Iterator[Fault]:
    """Groups of a `from` at `address` that nobody can be looked up in."""
    for index, group in enumerate(groups):
        place = (*address, index)
        name = group.removeprefix(FORGE_GROUP)
        if name == group:
            if group not in fleet.groups:
                cure = nearest(group, fleet.groups)
                if group.startswith("@"):
                    cure = f"a group of the forge is written `{FORGE_GROUP}{group[1:]}`"
                yield Fault(place, f"unknown group `{group}`", cure)
        elif not name.strip():
            yield Fault(place, "names no group", "write it as `group:acme/qa`")
        elif (meant := name.strip().removeprefix("@")) != name:
            cure = f"write it as `{FORGE_GROUP}{meant}`"
            yield Fault(place, f"no group of a forge is called `{name}`", cure)
        elif fleet.forge.kind == "local":
            cure = "list its people under `groups:`"
            yield Fault(place, f"the embedded forge has no group `{name}`", cure)

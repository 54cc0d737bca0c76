"""Who made a release: they cannot approve it. Pure.

The tagger, and author and committer of the tagged commit, mapped to persons by the fleet's
`people:`. Machines and a forge's own web committer are no makers.
"""

from dataclasses import dataclass

from bot.model import Person, Release, Source
from bot.observation import Observation

WEB_COMMITTERS = frozenset({"noreply@github.com", "noreply@gitea.io", "noreply@forgejo.org"})
"""Committers that a forge writes for merges and edits made in the browser.

Source: GitHub Docs, "About commit signature verification"; Gitea's default no-reply address.
"""


@dataclass(frozen=True, slots=True)
class Makers:
    """Known makers as persons of the fleet, the others by e-mail."""

    persons: frozenset[str]
    unmapped: tuple[str, ...]


def makers(release: Release, observation: Observation) -> Makers:
    """The makers of a release; none for one without a commit."""
    source = observation.sources.get(release.app)
    if not isinstance(source, Source) or release.commit is None:
        return Makers(frozenset(), ())
    facts = source.commits.get(release.commit)
    stated: list[Person] = [facts.author, facts.committer] if facts else []
    stated += [t.tagger for t in source.tags if t.name == release.version and t.tagger]
    persons, unmapped = set(), set()
    for who in stated:
        email = who.email.strip().lower()
        if email in WEB_COMMITTERS or observation.config.is_bot(email):
            continue
        person = observation.config.person_of(email)
        if person is None:
            unmapped.add(email)
        else:
            persons.add(person)
    return Makers(frozenset(persons), tuple(sorted(unmapped)))

"""Who made a release: they cannot approve it. Pure.

The tagger, and author and committer of the tagged commit, mapped to persons by the fleet's
`people:`. Machines and a forge's own web committer are no makers.
"""

from dataclasses import dataclass

from bot.model import Person, Release, Source
from bot.observation import Observation

WEB_COMMITTERS = frozenset(
    {"noreply@github.com", "noreply@gitlab.com", "noreply@gitea.io", "noreply@forgejo.org"}
)
"""Committers that a forge writes for merges and edits made in the browser.

Source: GitHub Docs, "About commit signature verification"; GitLab Docs, "Configure commit signing
for GitLab UI commits"; Gitea's default no-reply address.
"""


@dataclass(frozen=True, slots=True)
class Makers:
    """Known makers as persons of the fleet, the others by e-mail."""

    persons: frozenset[str]
    unmapped: tuple[str, ...]


def makers(release: Release, observation: Observation) -> Makers | None:
    """The makers of a release; none for one without a commit, None while nobody can say."""
    if release.commit is None:
        return Makers(frozenset(), ())
    source = observation.sources.get(release.app)
    facts = source.commits.get(release.commit) if isinstance(source, Source) else None
    if not isinstance(source, Source) or facts is None:
        return None
    stated: list[Person] = [facts.author]
    if facts.committer.email.strip().lower() not in WEB_COMMITTERS:
        stated.append(facts.committer)
    stated += [t.tagger for t in source.tags if t.name == release.version and t.tagger]
    persons, unmapped = set(), set()
    for who in stated:
        email = who.email.strip().lower()
        if observation.config.is_bot(email):
            continue
        person = observation.config.person_of(email)
        if person is None:
            unmapped.add(email)
        else:
            persons.add(person)
    return Makers(frozenset(persons), tuple(sorted(unmapped)))

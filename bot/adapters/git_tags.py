"""The `Registry` port over git repositories: their tags, and the commit of each.

What names a tag for good is the commit that it peels to, as `sha1:` and 40 hex digits, which is
how Flux writes it.

Source: https://fluxcd.io/flux/components/source/gitrepositories/ (`status.artifact.revision`).
"""

from collections.abc import Collection, Mapping

from bot.model import Gap, Manifest, Reference, Source
from bot.ports import SourceQuery, Sources
from gitops.artifact_sources import GIT

COMMIT = "sha1:"


class GitTags:
    """Git repositories at `git+URL`, each with its own answer."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def tags(self, repositories: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """The names of every repository's tags, sorted; a Gap where it could not be read."""
        read = self._read(repositories)
        return {
            place: found if isinstance(found, Gap) else tuple(sorted(t.name for t in found.tags))
            for place, found in read.items()
        }

    def resolve(
        self, references: Collection[Reference]
    ) -> Mapping[Reference, Manifest | Gap | None]:
        """The commit of each tag, or one that a tag names; None when there is no such tag.

        With both a tag and a commit, the commit is asked.
        """
        read = self._read({reference.repository for reference in references})
        return {one: _resolved(one, read[one.repository]) for one in references}

    def _read(self, places: Collection[str]) -> Mapping[str, Source | Gap]:
        queries = {place: SourceQuery(place.removeprefix(GIT)) for place in places}
        answers = self._sources.read(set(queries.values()))
        return {place: answers[query] for place, query in queries.items()}


def _resolved(reference: Reference, found: Source | Gap) -> Manifest | Gap | None:
    if isinstance(found, Gap):
        return found
    wanted = reference.digest
    for tag in found.tags:
        commit = COMMIT + tag.commit
        if commit == wanted or (wanted is None and tag.name == reference.tag):
            return Manifest(commit)
    return None

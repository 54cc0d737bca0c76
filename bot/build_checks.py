"""The BuildChecks port: what the forges of apps' sources say of their commits.

With it what is the same on every forge: whose commit is asked for, and what is a gap.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from bot.model import Check, Gap
from gitops.errors import Conflict, Denied, InvalidInput, Unavailable


@dataclass(frozen=True, slots=True, order=True)
class CommitQuery:
    """A commit (40 hex digits) of the repository at a URL, and which checks of it are wanted.

    The URL is what `source: {url: ...}` says; `names` are sorted.
    """

    url: str
    sha: str
    names: tuple[str, ...]


class BuildChecks(Protocol):
    """Statuses, check runs, jobs and pipelines, whoever keeps them."""

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        """The checks of these names on exactly each commit; of several by one poster the last.

        A Gap where they could not be read whole, or nobody knows which forge it lies on.
        """
        ...


def path_below(server: str, url: str) -> str:
    """The path of a repository's URL below a server's, which may have a prefix; without `.git`.

    Raises:
        InvalidInput: it does not lie there.
    """
    trunk, root = urlsplit(url).path.rstrip("/").removesuffix(".git"), urlsplit(server).path
    if not trunk.startswith(f"{root.rstrip('/')}/"):
        raise InvalidInput(f"{url} does not lie below {server}")
    return trunk[len(root.rstrip("/")) + 1 :]


def gap(error: Denied | Unavailable | InvalidInput | Conflict, server: str) -> Gap:
    """What could not be read of one commit, which is that one's trouble alone."""
    if isinstance(error, Unavailable):
        return Gap(error.service, error.message)
    return Gap(server, error.message, denied=isinstance(error, Denied))


def wanted(checks: Iterable[Check], query: CommitQuery) -> tuple[Check, ...]:
    """Those of the names that are asked for."""
    return tuple(check for check in checks if check.name in query.names)


def answered(
    ask: Callable[[CommitQuery], tuple[Check, ...]], server: str
) -> Callable[[CommitQuery], tuple[Check, ...] | Gap]:
    """The same question, whose refusal is a Gap."""

    def told(query: CommitQuery) -> tuple[Check, ...] | Gap:
        try:
            return wanted(ask(query), query)
        except (Denied, Unavailable, InvalidInput, Conflict) as error:
            return gap(error, server)

    return told

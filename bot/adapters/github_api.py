"""GitHub's API for one repository: what is asked through PyGithub, and what each answer means.

PyGithub's errors and objects end here.

Source: GitHub REST, version 2022-11-28.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from github.GithubException import GithubException
from github.Issue import Issue
from github.PullRequest import PullRequest
from github.Repository import Repository
from requests.utils import parse_header_links

from bot.adapters.github_project import Project
from bot.adapters.github_requester import PAGE, Access, SessionRequester
from bot.adapters.requests_session import SessionLimits
from bot.canonical import Fields
from bot.neutral import one_line
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

_RIGHTS = "see docs/github.md for what the token or the app has to be allowed"
_RULES = "the branch's rules decide: which approvals and checks they want, and who may merge"
_PROJECT = "check `forge: {project: ...}` in fleet.yaml, and what the token may see"

_GRAPHQL = {"FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403, "NOT_FOUND": 404, "RATE_LIMITED": 503}


@dataclass(frozen=True, slots=True)
class GitHubLimits:
    """Bounds of what is asked of a GitHub and taken from it. Times are seconds."""

    session: SessionLimits = field(default=SessionLimits())
    pages: int = 1_000
    """Of one list, with 100 items each."""
    longest_wait: timedelta = timedelta(hours=1)
    """What is believed when GitHub asks to be left alone."""
    mergeable_pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Between looking whether GitHub has finished computing that it can merge."""


class Api:
    """The calls of one use of the port."""

    def __init__(
        self, requester: SessionRequester, access: Access, project: Project, limits: GitHubLimits
    ) -> None:
        self._requester = requester
        self._access = access
        self._project = project
        self._limits = limits
        self.repository = Repository(requester, url=f"/repos/{project.path}")
        """PyGithub's. Nothing is read of it: only what it sends is used."""

    @property
    def project(self) -> Project:
        """Which repository it is."""
        return self._project

    def pull(self, number: int, node: str | None = None) -> PullRequest:
        """PyGithub's, for what it sends; `node` is its id for GraphQL."""
        known: dict[str, object] = {} if node is None else {"node_id": node}
        place = f"/repos/{self._project.path}/pulls/{number}"
        return PullRequest(self._requester, {}, {"url": place, **known}, completed=True)

    def issue(self, number: int) -> Issue:
        """The same merge request with its labels and comments."""
        return self.repository.get_issue(number)

    @property
    def requester(self) -> SessionRequester:
        """For what PyGithub has no words for."""
        return self._requester

    def read(self, place: str, doing: str) -> Fields:
        """One object; a place that begins with `/` is the server's, another the repository's.

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        status, _, text = self._requester.requestJson("GET", self._place(place))
        if status != 200:
            raise self.refusal(status, text, doing)
        with self.reading():
            return Fields.parse(text.encode())

    def there(self, place: str, doing: str) -> Fields | None:
        """As `read`, None where GitHub shows no such thing: 422 for a commit, 404 for the rest."""
        status, _, text = self._requester.requestJson("GET", self._place(place))
        if status in {404, 422}:
            return None
        if status != 200:
            raise self.refusal(status, text, doing)
        with self.reading():
            return Fields.parse(text.encode())

    def pages(
        self,
        place: str,
        doing: str,
        query: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
        enough: Callable[[Sequence[Fields]], bool] | None = None,
    ) -> tuple[Fields, ...]:
        """Every item of a list, in its order; or of the pages to the first that is `enough`.

        The list stands under `key` of an object, or is the whole. Its end is the page that names
        no next one.

        Raises:
            Unavailable: less than the whole.
            Denied, Conflict, InvalidInput: see `refusal`.
        """
        found: list[Fields] = []
        url, parameters = self._place(place), {"per_page": str(PAGE), **(query or {})}
        asked: set[str] = set()
        for _ in range(self._limits.pages):
            status, headers, text = self._requester.requestJson("GET", url, dict(parameters))
            if status != 200:
                raise self.refusal(status, text, doing)
            with self.reading():
                items, total = _items(text.encode(), key)
                stop = enough is not None and enough(items)
            found += items
            following = _next(headers)
            if stop:
                return tuple(found)
            if following is None:
                if len(found) < total:
                    raise self.unavailable(f"listed {len(found)} of {total}: cannot {doing}")
                return tuple(found)
            if following in asked:
                break
            asked.add(following)
            url, parameters = following, {}
        raise self.unavailable(f"never ends its list: cannot {doing}")

    def _place(self, place: str) -> str:
        return place if place.startswith("/") else f"/repos/{self._project.path}/{place}"

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Inside, PyGithub's refusals are ours; `what` was tried, as in "open one".

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        try:
            yield
        except GithubException as error:
            raise self.refusal(_status(error), json.dumps(error.data), what) from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, InvalidInput means an answer of another shape than GitHub's.

        Raises:
            Unavailable: instead of it.
        """
        try:
            yield
        except InvalidInput as error:
            told = f"answered with something else than was asked for: {error}"
            raise self.unavailable(told) from None

    def refusal(self, status: int, text: str, doing: str) -> FairleadError:
        """What an answer that is no success means; `doing` is what was tried, as in "open one"."""
        path, api = self._project.path, self._access.api
        said, tried = self.said(status, text), f"{path}: cannot {doing}"
        match status:
            case 401:
                hint = "give a token that is there, before it expires"
                return Denied(f"{tried}: {api} does not accept the token ({said})", hint)
            case 403 | 410 | 451:
                return Denied(f"{tried}: the token does not allow it ({said})", _RIGHTS)
            case 404:
                return Denied(f"{tried}: {api} shows no such thing in {path}", _PROJECT)
            case 405:
                return Denied(f"{tried}: the forge does not let it happen ({said})", _RULES)
            case 409:
                return Conflict(f"{tried}: {said}")
            case 400 | 422:
                return InvalidInput(f"{tried}: the forge finds it wrong ({said})")
            case _:
                return self.unavailable(f"answered {status}: cannot {doing}")

    def said(self, status: int, text: str) -> str:
        """GitHub's own words, on one line, without the token."""
        words = "; ".join(messages(text)).replace(self._access.token().reveal(), "***")
        return one_line(words) if words.strip() else f"answer {status}"

    def unavailable(self, text: str) -> Unavailable:
        """That GitHub did not tell what was asked for."""
        return Unavailable(text, service=self._access.api)


def _status(error: GithubException) -> int:
    """What GraphQL says with 200 and a type of error; PyGithub makes 400 of it."""
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    for one in errors if isinstance(errors, list) else ():
        kind = one.get("type") if isinstance(one, dict) else None
        if kind in _GRAPHQL:
            return _GRAPHQL[kind]
    return error.status


def messages_of(refused: GithubException) -> tuple[str, ...]:
    """What PyGithub's error carries of GitHub's words."""
    return messages(json.dumps(refused.data))


def messages(text: str) -> tuple[str, ...]:
    """What an answer says in words: its message, and those of its errors."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(content, dict):
        return ()
    errors = content.get("errors")
    told = [content, *errors] if isinstance(errors, list) else [content]
    words = [one if isinstance(one, str) else _message(one) for one in told]
    return tuple(word for word in words if word)


def _message(content: object) -> str:
    message = content.get("message") if isinstance(content, dict) else None
    return message if isinstance(message, str) else ""


def _items(data: bytes, key: str | None) -> tuple[tuple[Fields, ...], int]:
    """The items of one page, and how many there are at least in all."""
    if key is None:
        return Fields.parse_each(data), 0
    whole = Fields.parse(data)
    total = whole.number("total_count") if "total_count" in whole.content else 0
    return whole.each(key), total


def _next(headers: Mapping[str, str]) -> str | None:
    """Where the next page is.

    Source: RFC 8288; GitHub REST, "Using pagination".
    """
    for link in parse_header_links(headers.get("link", "")):
        if link.get("rel") == "next":
            return link["url"]
    return None

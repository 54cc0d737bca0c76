"""GitLab's API for one project, through python-gitlab: what is sent, and what each answer means.

The token travels in the header `Authorization` to the origin of the fleet's URL; no redirect is
followed. Reads are repeated once when their answer is lost, writes never. The library's errors are
translated here; its objects do not leave the adapter.

Source: GitLab, lib/api; python-gitlab 8.6.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from gitlab import Gitlab
from gitlab.base import RESTObject, RESTObjectList
from gitlab.exceptions import GitlabError, GitlabParsingError
from gitlab.utils import EncodedId
from gitlab.v4.objects import Project as LibraryProject

from bot.adapters.gitlab_session import GitLabLimits, GitLabSession
from bot.adapters.registry_credentials import RegistryOrigin, parse_origin
from bot.adapters.requests_session import Rest
from bot.adapters.wire import REDIRECTS
from bot.canonical import Fields
from bot.neutral import one_line
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

_PAGE = 100
"""What is asked for at once, GitLab's most."""

_OTHERWISE = "answered with something else than was asked for"
_ROLE = "give its account the role and its token the scope that docs/gitlab.md names"
_RULES = "the project's own rules decide: protected branches, approval rules, merge checks"


@dataclass(frozen=True, slots=True)
class Project:
    """A project on a GitLab: where the server is, path prefix included, and `group/.../name`."""

    server: str
    path: str

    @classmethod
    def of(cls, fleet: str, path: str) -> "Project":
        """Of the URL that git takes, `SERVER/GROUP/.../NAME.git`, and the path in fleet.yaml.

        Raises:
            InvalidInput: it is no http(s) URL without a user name, or does not end with that path.
        """
        trunk = urlsplit(fleet).path.rstrip("/").removesuffix(".git")
        origin = parse_origin(fleet)
        if origin is None:
            raise InvalidInput(
                "a fleet on GitLab is read over http or https", "write https://HOST/GROUP/NAME.git"
            )
        if "/" not in path.strip("/") or not trunk.lower().endswith(f"/{path.lower()}"):
            raise InvalidInput(
                f"the fleet's URL does not end with {path}, which is what fleet.yaml says",
                "write the same GROUP/NAME in `forge: {project: ...}` and in the URL",
            )
        return cls(origin + trunk[: -len(path) - 1], path)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        origin = parse_origin(self.server)
        assert origin is not None  # noqa: S101 - `of` has looked
        return origin


class Api:
    """The calls of one use of the port; several threads may make them at once.

    `project` and `server` are the library's: their managers are called inside `tried`.
    """

    def __init__(
        self,
        at: Project,
        token: Secret,
        origin: RegistryOrigin,
        limits: GitLabLimits,
        rest: Rest | None = None,
    ) -> None:
        """Nothing is asked yet; `rest` is kept by those that shall leave GitLab alone together.

        Raises:
            InvalidInput: the origin's `ca_file` holds no certificates, or the token is none.
        """
        if not (token.reveal().isascii() and token.reveal().isprintable()):
            # The library's own complaint shows it.
            raise InvalidInput(f"the token for {at.origin} holds characters that no token has")
        self.limits = limits
        self._at = at
        self._token = token
        self._session = GitLabSession(origin, limits, rest or Rest())
        # A page's link is followed at the URL that we were given, whatever the server calls itself.
        self.server = Gitlab(
            at.server,
            oauth_token=token.reveal(),
            user_agent="fairlead",
            keep_base_url=True,
            session=self._session,
        )
        self.project: LibraryProject = self.server.projects.get(at.path, lazy=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    @contextmanager
    def tried(self, doing: str) -> Iterator[None]:
        """Inside, the library's errors become ours; `doing` is what is tried, as in "open one".

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        try:
            with self._shaped(doing):
                yield
        except GitlabError as error:
            raise self.refusal(error, doing) from None

    @contextmanager
    def parsed(self) -> Iterator[None]:
        """Inside, what the library makes of an answer of no known shape is Unavailable.

        Raises:
            GitlabError: of an answer that is no success, for who wants to look at it.
            Unavailable: the library cannot read it.
        """
        try:
            with self._shaped("take what it says"):
                yield
        except GitlabParsingError:
            raise self._unavailable(_OTHERWISE) from None

    @contextmanager
    def _shaped(self, doing: str) -> Iterator[None]:
        """Inside, what the library makes of values of no known type is Unavailable.

        It puts some of an answer's values into the places of what it would ask for next.
        """
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise self._unavailable(f"{_OTHERWISE} ({doing})") from None

    def one(self, doing: str, call: Callable[[], RESTObject]) -> Fields:
        """The object that a call answers with.

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        with self.tried(doing):
            return Fields(call().asdict())

    def delete(self, doing: str, manager: Any, key: str | int) -> None:
        """Delete one thing of a list.

        Raises:
            Unavailable: no answer, or one that does not say that it is done.
            Denied, Conflict, InvalidInput: see `refusal`.
        """
        with self.tried(doing):
            answer = self.server.http_delete(f"{manager.path}/{EncodedId(key)}")
            if answer.status_code != 204:
                raise self._unavailable(f"did not say whether it is done ({doing})")

    def expect_project(self) -> None:
        """Go on where the project is shown: else that is why something in it is not.

        Raises:
            Denied, Unavailable: it is not, or could not be asked for.
        """
        with self.tried("read the project"):
            self.server.projects.get(self._at.path)

    def every(self, doing: str, manager: Any, **query: Any) -> tuple[Fields, ...]:
        """Every item of a list, in its order.

        Raises:
            Unavailable: less than the whole.
            Denied: see `refusal`.
        """
        return tuple(self.each(doing, manager, **query))

    def each(self, doing: str, manager: Any, **query: Any) -> Iterator[Fields]:
        """The items of a list as its pages come.

        Raises:
            Unavailable: less than the whole.
            Denied: see `refusal`.
        """
        found = 0
        # A thousand empty pages that each name a next end in a RecursionError of the library's.
        with self.tried(doing):
            listed: RESTObjectList[RESTObject]
            listed = manager.list(iterator=True, per_page=_PAGE, query_parameters=query)
            for item in listed:
                found += 1
                if found > self.limits.items:
                    raise self._unavailable(f"lists more than {self.limits.items}")
                yield Fields(item.asdict())
            total = listed.total
        if total is not None and found < total:
            raise self._unavailable(f"listed {found} of {total} ({doing})")

    def refusal(self, error: GitlabError, doing: str) -> FairleadError:
        """What an answer that is no success means; `doing` is what was tried, as in "open one"."""
        at, origin = self._at.path, self._at.origin
        said, tried = self.said(error), f"{at}: cannot {doing}"
        if error.response_code in REDIRECTS:
            hint = "redirects are not followed: write the present URL and `project`"
            return Denied(f"{tried}: {origin} answers with a redirect", hint)
        match error.response_code:
            case 401:
                hint = "give the token of an account that is there, before it expires"
                return Denied(f"{tried}: {origin} does not accept the token ({said})", hint)
            case 403:
                return Denied(f"{tried}: the token does not allow it ({said})", _ROLE)
            case 404:
                hint = "check `forge: {project: ...}` in fleet.yaml, and what the token may see"
                return Denied(f"{tried}: {origin} shows no such thing in {at}", hint)
            case 405 | 406:
                return Denied(f"{tried}: the forge does not let it happen ({said})", _RULES)
            case 409 | 412:
                return Conflict(f"{tried}: {said}")
            case 400 | 422:
                return InvalidInput(f"{tried}: the forge finds it wrong ({said})")
            case None:
                return self._unavailable(f"{_OTHERWISE} ({doing})")
            case status:
                return self._unavailable(f"answered {status}")

    def said(self, error: GitlabError) -> str:
        """The forge's own words, on one line, without the token."""
        text = _words(error.error_message).strip() or f"answer {error.response_code}"
        return one_line(text.replace(self._token.reveal(), "***"))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, InvalidInput means an answer of another shape than GitLab's.

        Raises:
            Unavailable: instead of it.
        """
        try:
            yield
        except InvalidInput as error:
            raise self._unavailable(f"{_OTHERWISE}: {error}") from None

    def _unavailable(self, text: str) -> Unavailable:
        return Unavailable(text, service=self._at.origin)


def _words(message: object) -> str:
    """What GitLab says, which may be a text, a list, or lists by the name of what is wrong."""
    match message:
        case bytes():
            return message.decode(errors="replace")
        case str():
            return message
        case list():
            return ", ".join(map(_words, message))
        case dict():
            return ", ".join(f"{name} {_words(said)}" for name, said in message.items())
        case _:
            return ""

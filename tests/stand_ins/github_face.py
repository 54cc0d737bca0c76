"""GitHub's API over the model: who asks, what may they, errors, pages and limits.

Source: GitHub, "Getting started with the REST API", "Troubleshooting the REST API", "Rate limits
for the REST API", "Using pagination in the REST API".
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.stand_ins.bare import GitFailed
from tests.stand_ins.chaos import Chaos
from tests.stand_ins.github_budget import GitHubBudget
from tests.stand_ins.github_description import Exchange
from tests.stand_ins.github_git_shapes import GitShapes
from tests.stand_ins.github_jwt import app_of
from tests.stand_ins.github_pages import Pages
from tests.stand_ins.github_permissions import allows, held_scopes
from tests.stand_ins.github_pull_shapes import PullShapes
from tests.stand_ins.github_shapes import Shapes
from tests.stand_ins.github_state import ROLES, App, GitHubForge, is_public
from tests.stand_ins.model import Access, Group, MergeRequest, Person, Project
from tests.stand_ins.web import Answer, Call, Listing, Refused, Routes

ROOT = "/api/v3"
"""Of the REST API, as on Enterprise Server; GraphQL is beside it."""
GRAPHQL = "/api/graphql"

_DOCUMENTATION = "https://docs.github.com/rest"
_READS = {"GET", "HEAD"}
_FREE = {"/rate_limit"}


def refused(status: int, message: str) -> Refused:
    """An error as GitHub words it."""
    content = {"message": message, "documentation_url": _DOCUMENTATION, "status": str(status)}
    return Refused(status, content)


def not_found() -> Refused:
    """What is not there, or may not be seen."""
    return refused(404, "Not Found")


def invalid(resource: str, *errors: dict[str, str] | str) -> Refused:
    """422 with what is wrong: a message, or `field` and `code`."""
    told = [
        {"resource": resource, "code": "custom", "message": one}
        if isinstance(one, str)
        else {"resource": resource, **one}
        for one in errors
    ]
    content = {
        "message": "Validation Failed",
        "errors": told,
        "documentation_url": _DOCUMENTATION,
        "status": "422",
    }
    return Refused(422, content)


class GitHubFace:
    """Answers what is below `/api/v3`, and GraphQL.

    `exchanges` are all calls with their answers, for a judge.
    """

    def __init__(
        self,
        forge: GitHubForge,
        chaos: Chaos,
        tables: Iterable[Routes],
        graphql: Callable[..., Any],
    ) -> None:
        self.forge = forge
        self.pages = Pages(chaos)
        self.budget = GitHubBudget(forge)
        self.after: list[Callable[[], None]] = []
        """Is done after each call that may have changed something."""
        self.exchanges: list[Exchange] = []
        self._tables = list(tables)
        self._graphql = graphql

    # --- a call ---------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer | None:
        """None: it is not below the API's root, or is nothing that it knows."""
        found = self._find(call)
        if found is None:
            return None
        handle, call.parts, written = found
        with self.forge.lock:
            try:
                answer = self._carried_out(call, handle, written)
            except Refused as e:
                answer = e.answer
            except GitFailed as e:
                answer = refused(422, str(e)).answer
            if answer is None:
                return None
            self._dress(call, answer)
        if written != GRAPHQL:
            self.exchanges.append(
                Exchange(
                    call.method,
                    call.path.removeprefix(ROOT),
                    answer.status,
                    answer.content,
                    answer.headers.get("Content-Type", ""),
                    call.query,
                    call.content,
                )
            )
        return answer

    def _find(self, call: Call) -> tuple[Callable[..., Any], dict[str, str], str] | None:
        if call.path == GRAPHQL:
            return self._graphql, {}, GRAPHQL
        if not call.path.startswith(f"{ROOT}/"):
            return None
        for table in self._tables:
            if found := table.find(call.method, call.path.removeprefix(ROOT)):
                return found
        return None

    def _carried_out(self, call: Call, handle: Callable[..., Any], written: str) -> Answer | None:
        if not call.headers.get("User-Agent"):
            said = "Request forbidden by administrative rules. A User-Agent header is needed."
            raise refused(403, said)
        app = self._identify(call)
        if app is not None:
            call.parts["app"] = str(app.id)
        elif written.startswith("/app") or written.endswith("/installation"):
            raise refused(401, "A JSON web token could not be decoded")
        # An app by itself is nobody unnamed: sixty an hour are for those.
        if written not in _FREE and app is None:
            self.budget.spend(call.caller)
        if app is None:
            self._permitted(call, written)
        said = handle(self, call)
        if call.method not in _READS:
            for act in self.after:
                act()
        return None if written == GRAPHQL and said is None else self._said(call, said)

    def _said(self, call: Call, said: Any) -> Answer:
        if isinstance(said, Listing):
            return self.conditional(call, self.pages.listed(call, said))
        if isinstance(said, Answer):
            return said
        if said is None:
            return Answer(204)
        return self.conditional(call, Answer(201 if call.method == "POST" else 200, said))

    def _identify(self, call: Call) -> App | None:
        """Whose token it is; or the app whose JSON web token it is."""
        kind, _, text = call.headers.get("Authorization", "").partition(" ")
        if kind.casefold() == "basic":
            try:
                text = base64.b64decode(text).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                raise refused(401, "Bad credentials") from None
        if not text:
            return None
        if text.count(".") == 2:
            return app_of(self.forge, text)
        call.token = self.forge.holder(text)
        if call.token is None:
            raise refused(401, "Bad credentials")
        call.caller = call.token.owner
        return None

    def _permitted(self, call: Call, written: str) -> None:
        token = call.token
        if token is None or written == GRAPHQL or allows(token, call.method, written):
            return
        if token.owner.bot:
            raise refused(403, "Resource not accessible by integration")
        if any(":" in one for one in token.scopes - held_scopes(token)):
            raise refused(403, "Resource not accessible by personal access token")
        # Classic tokens are told nothing of what they may not see.
        raise not_found()

    def _dress(self, call: Call, answer: Answer) -> None:
        """The headers of every answer."""
        if answer.content is not None:
            answer.headers.setdefault("Content-Type", "application/json; charset=utf-8")
        answer.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        answer.headers |= self.budget.headers(call.caller)
        if call.token is not None and not call.token.owner.bot:
            answer.headers["X-OAuth-Scopes"] = ", ".join(sorted(held_scopes(call.token)))

    # --- pages ----------------------------------------------------------------------------------

    def counted(self, call: Call, name: str, listing: Listing) -> Answer:
        """A page of a list that stands in an object, beside the number of all."""
        answer = self.pages.page(call, listing)
        answer.content = {"total_count": len(listing.items), name: answer.content}
        return self.conditional(call, answer)

    def conditional(self, call: Call, answer: Answer) -> Answer:
        """With an ETag; 304 for whom has just this."""
        if call.method not in _READS:
            return answer
        whose = "" if call.token is None else call.token.text
        body = json.dumps([whose, answer.content, answer.headers.get("Link")]).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        answer.headers |= {"ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
        if call.headers.get("If-None-Match", "").removeprefix("W/") == tag.removeprefix("W/"):
            self.budget.give_back(call.caller)
            return Answer(304, None, answer.headers)
        return answer

    # --- shapes ---------------------------------------------------------------------------------

    def shapes(self, call: Call) -> Shapes:
        """With the addresses that the caller used."""
        return Shapes(self.forge, f"{call.origin}{ROOT}", call.origin)

    def pulls(self, call: Call) -> PullShapes:
        """The same for pull requests."""
        return PullShapes(self.shapes(call))

    def git(self, call: Call, project: Project) -> GitShapes:
        """The same for a repository's commits and files."""
        return GitShapes(self.shapes(call), project)

    # --- what a path names ----------------------------------------------------------------------

    def project(self, call: Call, least: str = "read") -> Project:
        """The repository of the path, for somebody with this role at least.

        Raises:
            Refused: 404 when they may not see it, 403 when they may not do this.
        """
        found = self.forge.project(f"{call.parts['owner']}/{call.parts['repo']}")
        if found is None:
            raise not_found()
        access = self.forge.access(call.caller, found)
        if access < ROLES["read"] and not is_public(found):
            raise not_found()
        if least != "read" and call.caller is None:
            raise refused(401, "Requires authentication")
        if least != "read" and access < ROLES[least]:
            if least == "admin":
                raise not_found() if call.method == "GET" else refused(403, _ADMIN)
            raise refused(403, "Must have push access to repository")
        return found

    def pull(self, call: Call, least: str = "read") -> MergeRequest:
        """The pull request of the path."""
        project = self.project(call, least)
        number = call.parts["number"]
        found = project.requests.get(int(number)) if number.isdigit() else None
        if found is None:
            raise not_found()
        return found

    def organisation(self, call: Call, *, admin: bool = False) -> Group:
        """The organisation of the path, for one of its members or apps."""
        found = self.forge.group(call.parts["org"])
        if found is None:
            raise not_found()
        access = found.members.get(call.caller.id, Access.NONE) if call.caller else Access.NONE
        if admin and access < ROLES["admin"]:
            raise refused(403, "You must be an admin of the organization.")
        return found

    def belongs(self, person: Person | None, organisation: Group) -> bool:
        """Whether somebody is a member of an organisation, or an app installed there."""
        if person is None:
            return False
        installed = self.forge.installations.values()
        return person.id in organisation.members or any(
            one.account is organisation and one.app.bot is person for one in installed
        )

    def somebody(self, login: str) -> Person:
        """Whose login it is."""
        found = self.forge.login(login)
        if found is None:
            raise not_found()
        return found


_ADMIN = "Must have admin rights to Repository."

"""GitLab's API over the model: who asks, what may they, errors, pages and limits.

Source: GitLab, "REST API: Authentication, Pagination, Status codes"; `lib/api/helpers.rb`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from tests.stand_ins.bare import GitFailed
from tests.stand_ins.budget import Budget
from tests.stand_ins.forge import Forge
from tests.stand_ins.model import Access, MergeRequest, Person, Project, Tier
from tests.stand_ins.web import Answer, Call, Listing, Refused, Routes

ROOT = "/api/v4"
_READS = {"GET", "HEAD"}


def refused(status: int, text: object = None) -> Refused:
    """An error as GitLab words it; without a text, the status's own."""
    phrase = HTTPStatus(status).phrase
    return Refused(status, {"message": text if text is not None else f"{status} {phrase}"})


class GitLabFace:
    """Answers what is below `/api/v4`."""

    def __init__(self, forge: Forge, tables: Iterable[Routes]) -> None:
        self.forge = forge
        self.budget: Budget | None = None
        self.after: list[Callable[[], None]] = []
        """Is done after each call that may have changed something."""
        self.tells_when_approved = self.premium
        """Whether an approval comes with its time."""
        self.settings: dict[str, Any] = {}
        """Of the installation, where somebody changed them."""
        self._tables = list(tables)

    @property
    def premium(self) -> bool:
        """Whether approval rules and the like are there."""
        return self.forge.policy.tier is Tier.PREMIUM

    # --- a call ---------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer | None:
        """None: it is not below the API's root, or is nothing that it knows."""
        if not call.path.startswith(f"{ROOT}/"):
            return None
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
                answer = Answer(400, {"message": str(e)})
        if self.budget is not None and call.caller is not None and answer.status != 429:
            answer.headers |= self.budget.headers(call.caller)
        return answer

    def _find(self, call: Call) -> tuple[Callable[..., Any], dict[str, str], str] | None:
        path = call.path.removeprefix(ROOT)
        for method in (call.method, "GET") if call.method == "HEAD" else (call.method,):
            for table in self._tables:
                if found := table.find(method, path):
                    return found
        return None

    def _carried_out(self, call: Call, handle: Callable[..., Any], written: str) -> Answer:
        self._identify(call)
        if self.budget is not None and call.caller is not None:
            self.budget.spend(call.caller)
        self._scoped(call, written)
        said = handle(self, call)
        if call.method not in _READS:
            for act in self.after:
                act()
        if isinstance(said, Listing):
            return self._conditional(call, self._page(call, said))
        if isinstance(said, Answer):
            return said
        status = 201 if call.method == "POST" else 200
        if said is None:
            return Answer(204)
        return self._conditional(call, Answer(status, said))

    def _identify(self, call: Call) -> None:
        kind, _, value = call.headers.get("Authorization", "").partition(" ")
        text = call.headers.get("PRIVATE-TOKEN") or (value if kind == "Bearer" else "")
        if not text:
            return
        call.token = self.forge.holder(text)
        if call.token is None:
            raise refused(401)
        call.caller = call.token.owner
        sudo = call.fields.get("sudo") or call.headers.get("Sudo")
        if sudo is not None:
            if not call.person.administrator:
                raise refused(403, "403 Forbidden - Must be admin to use sudo")
            call.caller = self.somebody(sudo)

    def _scoped(self, call: Call, written: str) -> None:
        """Source: GitLab, "Personal access token scopes"."""
        scopes = call.token.scopes if call.token else frozenset()
        if not scopes or "api" in scopes:
            return
        if "read_api" in scopes and call.method in _READS:
            return
        if "read_user" in scopes and written in {"/user", "/users", "/users/:id"}:
            return
        if written == "/personal_access_tokens/self":
            return
        words = "The request requires higher privileges than provided by the access token."
        content = {"error": "insufficient_scope", "error_description": words, "scope": "api"}
        raise Refused(403, content)

    # --- pages ----------------------------------------------------------------------------------

    def _page(self, call: Call, listing: Listing) -> Answer:
        page = max(int(call.text("page", "1") or 1), 1)
        size = min(max(int(call.text("per_page", "20") or 20), 1), 100)
        total = len(listing.items)
        pages = max(-(-total // size), 1)
        items = [listing.shape(one) for one in listing.items[(page - 1) * size : page * size]]
        headers = {
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "X-Prev-Page": str(page - 1) if page > 1 else "",
            "X-Next-Page": str(page + 1) if page < pages else "",
        }
        if listing.total:
            headers |= {"X-Total": str(total), "X-Total-Pages": str(pages)}
        wanted = {"prev": page - 1, "next": page + 1, "first": 1, "last": pages}
        links = [
            f'<{self._address(call, number, size)}>; rel="{rel}"'
            for rel, number in wanted.items()
            if 1 <= number <= pages and (rel != "last" or listing.total)
        ]
        headers["Link"] = ", ".join(links)
        return Answer(200, items, headers)

    def _address(self, call: Call, page: int, size: int) -> str:
        query = {**call.query, "page": page, "per_page": size}
        flat = [
            (f"{k}[]" if isinstance(v, list) else k, one)
            for k, v in query.items()
            for one in (v if isinstance(v, list) else [v])
        ]
        return f"{call.origin}{call.path}?{urlencode(flat)}"

    @staticmethod
    def _conditional(call: Call, answer: Answer) -> Answer:
        if call.method not in _READS:
            return answer
        body = json.dumps(answer.content).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        answer.headers |= {"ETag": tag, "Cache-Control": "max-age=0, private, must-revalidate"}
        if call.headers.get("If-None-Match") == tag:
            return Answer(304, None, answer.headers)
        return answer

    # --- what a path names ----------------------------------------------------------------------

    def project(self, call: Call, least: Access = Access.GUEST, part: str = "id") -> Project:
        """The project of the path, by number or full path, for somebody with this access at least.

        Raises:
            Refused: 404 when they may not see it, 403 when they may not do this.
        """
        name = call.parts[part]
        found = self.forge.projects.get(int(name)) if name.isdigit() else self.forge.project(name)
        if found is None:
            raise refused(404, "404 Project Not Found")
        access = self.forge.access(call.caller, found)
        public = found.settings.get("visibility") == "public"
        if access < Access.GUEST and not public:
            raise refused(404, "404 Project Not Found")
        if access < least and not (public and least <= Access.REPORTER):
            raise refused(403 if call.caller else 401)
        return found

    def request(self, call: Call, least: Access = Access.REPORTER) -> MergeRequest:
        """The merge request of the path."""
        found = self.project(call, least).requests.get(call.number("iid"))
        if found is None:
            raise refused(404, "404 Not found")
        return found

    def somebody(self, name: object) -> Person:
        """Whom a number or a login names."""
        text = str(name)
        found = self.forge.people.get(int(text)) if text.isdigit() else self.forge.login(text)
        if found is None:
            raise refused(404, "404 User Not Found")
        return found

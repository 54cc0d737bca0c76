"""The reads of one repository at one registry: its tags, what they name, and what that says."""

from dataclasses import dataclass

from yarl import URL

from bot.adapters.oci_auth import Authenticator
from bot.adapters.oci_documents import (
    ACCEPTED,
    Described,
    describe,
    digest_of,
    is_digest,
    is_tag,
    read_configuration,
)
from bot.adapters.oci_listing import Listing
from bot.adapters.registry_credentials import origin_of
from bot.adapters.wire import (
    MOST_REDIRECTS,
    REDIRECTS,
    Answer,
    Garbled,
    Request,
    Wire,
    redirected,
)
from bot.model import Manifest
from bot.secret import Secret
from gitops.errors import Denied

# Some registries refuse to give so many at once instead of giving fewer.
_REFUSES_PAGE_SIZE = frozenset({400, 413})
_NO_HEAD = frozenset({405, 501})


@dataclass(frozen=True, slots=True)
class Found:
    """What a tag or digest names now; `answer` is the manifest, when it had to be read to know."""

    digest: str
    answer: Answer | None = None


class RemoteRepository:
    """One repository, asked within one bulk call. It never returns less than the whole.

    `origin` and `name` say where it is. Every read raises `Denied`, `Unavailable` or `Garbled` when
    the whole cannot be had.
    """

    def __init__(self, wire: Wire, authenticator: Authenticator, origin: str, name: str) -> None:
        self._wire = wire
        self._authenticator = authenticator
        self.origin = origin
        self.name = name
        self._largest = wire.limits.document_bytes

    async def tags(self) -> tuple[str, ...]:
        """Every tag, sorted; none when the registry does not know the repository.

        Names that are no tags by the specification are left out.
        """
        limits = self._wire.limits
        listing = Listing(self._url("tags/list"), limits.pages)
        while listing.page is not None:
            page = listing.page
            answer = await self._ask(
                "GET", page, "application/json", limits.list_bytes - listing.bytes
            )
            if answer.status in _REFUSES_PAGE_SIZE and listing.drop_page_size():
                continue
            if _is_absent(answer) and not listing.tags:
                return ()
            _expect_success(answer, "its tag list")
            listing.take(page, answer.body, answer.headers.getall("Link", ()))
            if len(listing.tags) > limits.tags:
                raise Garbled(f"it has more than {limits.tags} tags")
        return tuple(sorted(filter(is_tag, listing.tags)))

    async def find(self, reference: str) -> Found | None:
        """The digest that a tag or digest names now; None when it is not there."""
        url = self._url(f"manifests/{reference}")
        answer = await self._ask("HEAD", url, ACCEPTED, 0)
        digest = answer.headers.get("Docker-Content-Digest")
        if answer.status == 200 and digest:
            if not is_digest(digest) or (is_digest(reference) and digest != reference):
                raise Garbled(f"it answered {reference} with the digest {digest[:80]!r}")
            return Found(digest)
        if answer.status == 200 or answer.status in _NO_HEAD:
            answer = await self._ask("GET", url, ACCEPTED, self._largest)
        if _is_absent(answer):
            return None
        _expect_success(answer, "its manifest")
        digest = digest_of(answer.body, reference if is_digest(reference) else "sha256:")
        if is_digest(reference) and digest != reference:
            raise Garbled(f"it answered {reference} with other bytes")
        return Found(digest, answer)

    async def read(self, found: Found) -> Manifest:
        """What a manifest says: platforms, and the revision of the first platform's image.

        Annotations of the index come first, then its image's, then the labels of its image.
        """
        described = _describe(found.answer or await self._manifest(found.digest))
        platforms, revision = described.platforms, described.revision
        if described.configuration:
            configured = await self._configuration(described.configuration)
            platforms, revision = configured.platforms, revision or configured.revision
        elif described.child and revision is None:
            child = _describe(await self._manifest(described.child))
            revision = child.revision
            if revision is None and child.configuration:
                revision = (await self._configuration(child.configuration)).revision
        return Manifest(found.digest, platforms, revision, described.children)

    async def _manifest(self, digest: str) -> Answer:
        answer = await self._ask("GET", self._url(f"manifests/{digest}"), ACCEPTED, self._largest)
        return _expect_digest(answer, digest, "its manifest")

    async def _configuration(self, digest: str) -> Described:
        url = self._url(f"blobs/{digest}")
        answer = await self._ask("GET", url, "*/*", self._largest)
        at_home = True
        for _ in range(MOST_REDIRECTS):
            if answer.status not in REDIRECTS:
                break
            url = redirected(answer)
            at_home = at_home and origin_of(url) == self.origin
            if at_home:
                answer = await self._ask("GET", url, "*/*", self._largest)
            else:
                answer = await self._wire.fetch(Request("GET", url, {}, self._largest))
        return read_configuration(_expect_digest(answer, digest, "its image configuration").body)

    def _url(self, path: str) -> URL:
        return URL(f"{self.origin}/v2/{self.name}/{path}", encoded=True)

    async def _ask(self, method: str, url: URL, accept: str, largest: int) -> Answer:
        """The answer with the credentials of this origin, renewed at most once."""
        scope = f"repository:{self.name}:pull"
        authorization = await self._authenticator.header(self.origin, scope)
        answer = await self._send(method, url, accept, authorization, largest)
        if answer.status == 401:
            asked = answer.headers.getall("WWW-Authenticate", ())
            authorization = await self._authenticator.answer(
                self.origin, scope, asked, authorization
            )
            answer = await self._send(method, url, accept, authorization, largest)
            if answer.status == 401:
                raise self._authenticator.refusal(self.origin)
        if answer.status == 403:
            raise Denied(
                f"{self.origin} does not allow {self.name} to be pulled",
                "check what the login of this registry may read",
            )
        return answer

    async def _send(
        self, method: str, url: URL, accept: str, authorization: Secret | None, largest: int
    ) -> Answer:
        headers = {"Accept": accept}
        if authorization:
            headers["Authorization"] = authorization.reveal()
        return await self._wire.fetch(Request(method, url, headers, largest))


def _describe(answer: Answer) -> Described:
    return describe(answer.body, answer.headers.get("Content-Type", ""))


def _is_absent(answer: Answer) -> bool:
    """Whether the registry says so itself; a web page is somebody else's answer."""
    return answer.status == 404 and "html" not in answer.headers.get("Content-Type", "").lower()


def _expect_success(answer: Answer, what: str) -> None:
    if answer.status in REDIRECTS:
        raise Garbled(f"{what} is redirected, which is not followed")
    if answer.status != 200:
        raise Garbled(f"{what} was answered with {answer.status}")


def _expect_digest(answer: Answer, digest: str, what: str) -> Answer:
    _expect_success(answer, what)
    if digest_of(answer.body, digest) != digest:
        raise Garbled(f"{what} has other bytes than its digest says")
    return answer

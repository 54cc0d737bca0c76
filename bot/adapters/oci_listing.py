"""How far a tag list has been read, in whatever way the registry pages it.

Four ways are in use: everything at once, whatever is asked; `n` and `last` honoured without a word
about more; a Link with `last`; a Link with an opaque cursor. A list is whole when the chain of
Links has ended or, where there never was one, when asking past the last tag brings nothing new:
that is the only thing that tells a short list from one cut short.
"""

from collections.abc import Sequence

from yarl import URL

from bot.adapters.oci_documents import next_page, read_tags
from bot.adapters.wire import Garbled

PAGE_SIZE = 1000


class Listing:
    """The tags read so far; `page` is what to ask next, None when the list is whole."""

    def __init__(self, url: URL, most_pages: int) -> None:
        """Start at the tag list `url`, to be read in at most `most_pages` requests."""
        self.tags: set[str] = set()
        self.bytes = 0
        self.page: URL | None = None
        self._url = url
        self._most_pages = most_pages
        self._asked: set[str] = set()
        self._size: dict[str, str] = {"n": str(PAGE_SIZE)}
        self._linked = False
        self._go_on(url.with_query(self._size))

    def drop_page_size(self) -> bool:
        """Ask again without a page size; False when that is no remedy."""
        if not self._size or len(self._asked) > 1:
            return False
        self._size = {}
        self._go_on(self._url)
        return True

    def take(self, page: URL, body: bytes, links: Sequence[str]) -> None:
        """Take in the answer to `page`, with its Link headers.

        Raises:
            Garbled: it is no page of tags, the pages go in a circle, or there are too many.
        """
        tags = read_tags(body)
        fresh = set(tags) - self.tags
        self.tags |= fresh
        self.bytes += len(body)
        following = next_page(links, page)
        if following is not None:
            self._linked = True
            self._go_on(following)
        elif self._linked or not fresh or len(tags) > PAGE_SIZE:
            self.page = None
        else:
            self._go_on(self._url.with_query({**self._size, "last": tags[-1]}))

    def _go_on(self, page: URL) -> None:
        if str(page) in self._asked:
            raise Garbled("the pages of its tag list go in a circle")
        if len(self._asked) >= self._most_pages:
            raise Garbled(f"its tag list has more than {self._most_pages} pages")
        self._asked.add(str(page))
        self.page = page

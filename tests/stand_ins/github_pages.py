"""GitHub's pages of lists.

Source: GitHub, "Using pagination in the REST API".
"""

from dataclasses import replace
from urllib.parse import urlencode

from tests.stand_ins.chaos import Chaos
from tests.stand_ins.web import Answer, Call, Listing


class Pages:
    """Lists tell what they told before while `chaos` has them stale."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self._told: dict[tuple[str, str, str], Answer] = {}

    def listed(self, call: Call, listing: Listing) -> Answer:
        """One page, of now or of before."""
        key = (call.token.text if call.token else "", call.path, call.query_text)
        if not self._chaos.stale_lists or key not in self._told:
            self._told[key] = self.page(call, listing)
        told = self._told[key]
        return replace(told, headers=dict(told.headers))

    def page(self, call: Call, listing: Listing, size: int = 30) -> Answer:
        """One page; `size` is how many items it has unless others are asked for."""
        page = max(int(call.text("page", "1") or 1), 1)
        size = min(max(int(call.text("per_page", str(size)) or size), 1), max(size, 100))
        pages = max(-(-len(listing.items) // size), 1)
        items = [listing.shape(one) for one in listing.items[(page - 1) * size : page * size]]
        wanted = {}
        if page > 1:
            wanted = {"prev": min(page - 1, pages), "first": 1}
        if page < pages:
            wanted |= {"next": page + 1, "last": pages}
        links = [f'<{_address(call, number)}>; rel="{rel}"' for rel, number in wanted.items()]
        return Answer(200, items, {"Link": ", ".join(links)} if links else {})


def _address(call: Call, page: int) -> str:
    return f"{call.origin}{call.path}?{urlencode({**call.query, 'page': page})}"

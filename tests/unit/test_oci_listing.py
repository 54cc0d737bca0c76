import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.adapters.oci_listing import PAGE_SIZE, Listing
from bot.adapters.wire import Garbled

BASE = URL("https://registry.example.com/v2/shop/app/tags/list")
Page = tuple[list[str], list[str]]
Server = Callable[[URL], Page]

# How many tags there are, and how many of them a page may hold.
sizes = st.tuples(st.integers(0, 40), st.integers(1, 41)) | st.tuples(
    st.sampled_from([999, 1000, 1001, 2000, 2001]), st.sampled_from([400, 1000])
)


def names(count: int) -> list[str]:
    return [f"v{number:05}" for number in range(count)]


def read(server: Server, most_pages: int = 10_000) -> set[str]:
    listing = Listing(BASE, most_pages)
    while listing.page is not None:
        tags, links = server(listing.page)
        listing.take(listing.page, json.dumps({"tags": tags}).encode(), links)
    return listing.tags


def asked_size(page: URL) -> int:
    return int(page.query.get("n", "1000000"))


@given(st.integers(0, 1100))
def test_everything_at_once_unsorted_whatever_is_asked(count: int) -> None:
    tags = names(count)[::-1]
    assert read(lambda _: (tags, [])) == set(tags)


@given(sizes, st.booleans())
def test_n_and_last_without_a_link_however_few_come(size: tuple[int, int], restarts: bool) -> None:
    count, cap = size
    tags = names(count)

    def server(page: URL) -> Page:
        rest = [tag for tag in tags if tag > page.query.get("last", "")]
        if restarts and not rest:
            rest = tags
        return rest[: min(cap, asked_size(page))], []

    assert read(server) == set(tags)


@given(sizes, st.booleans())
def test_a_link_with_last(size: tuple[int, int], relative: bool) -> None:
    count, cap = size
    tags = names(count)

    def server(page: URL) -> Page:
        rest = [tag for tag in tags if tag > page.query.get("last", "")]
        shown = rest[: min(cap, asked_size(page))]
        if shown == rest:
            return shown, []
        target = f"{BASE.path}?n={len(shown)}&last={shown[-1]}"
        return shown, [f'<{target if relative else BASE.join(URL(target))}>; rel="next"']

    assert read(server) == set(tags)


@given(sizes)
def test_a_link_with_an_opaque_cursor(size: tuple[int, int]) -> None:
    count, cap = size
    tags = names(count)[::-1]

    def server(page: URL) -> Page:
        start = int(b64decode(page.query.get("next_page", "MA==")))
        links = []
        if start + cap < count:
            cursor = quote(b64encode(b"%d" % (start + cap)), safe="")
            links = [f'<{BASE.path}?n=1000&next_page={cursor}>; rel="next"']
        return tags[start : start + cap], links

    assert read(server) == set(tags)


def test_pages_that_go_in_a_circle_are_no_list() -> None:
    def server(page: URL) -> Page:
        other = "b" if page.query.get("last") == "a" else "a"
        return [other], [f'<?last={other}>; rel="next"']

    with pytest.raises(Garbled, match="circle"):
        read(server)


def test_pages_without_end_are_no_list() -> None:
    def server(page: URL) -> Page:
        number = int(page.query.get("last", "0")) + 1
        return [str(number)], [f'<?last={number}>; rel="next"']

    with pytest.raises(Garbled, match="more than 50 pages"):
        read(server, most_pages=50)


@pytest.mark.parametrize(
    "link",
    [
        '<https://elsewhere.example.com/v2/shop/app/tags/list?last=a>; rel="next"',
        '<http://registry.example.com/v2/shop/app/tags/list?last=a>; rel="next"',
        '<https://registry.example.com:444/v2/shop/app/tags/list?last=a>; rel="next"',
        '<https://robot@registry.example.com/v2/shop/app/tags/list?last=a>; rel="next"',
        '<//elsewhere.example.com/v2/shop/app/tags/list?last=a>; rel="next"',
        '<file:///etc/passwd>; rel="next"',
        '<https://[broken>; rel="next"',
        "/v2/shop/app/tags/list?last=a",
        '<?last=a; rel="next"',
    ],
)
def test_a_list_that_goes_on_elsewhere_or_nowhere_is_no_list(link: str) -> None:
    with pytest.raises(Garbled):
        read(lambda _: (["a"], [link]))


@pytest.mark.parametrize(
    "link",
    [
        "<?last=a,b>; rel=next",
        '<?last=a,b> ; title="x, <y>; rel=prev" ; rel="last next"',
        '<?first>; rel="first", <?last=a,b>; rel="NEXT"',
    ],
)
def test_links_as_people_write_them(link: str) -> None:
    listing = Listing(BASE, 10)
    assert listing.page
    listing.take(listing.page, b'{"tags": ["a"]}', [link])
    assert str(listing.page) == f"{BASE}?last=a,b"


def test_other_relations_do_not_lead_on() -> None:
    listing = Listing(BASE, 10)
    assert listing.page
    listing.take(listing.page, b'{"tags": null}', ['<?last=a>; rel="prev"'])
    assert listing.page is None


def test_the_page_size_is_dropped_once_and_only_at_the_start() -> None:
    listing = Listing(BASE, 10)
    assert str(listing.page) == f"{BASE}?n={PAGE_SIZE}"
    assert listing.drop_page_size()
    assert listing.page == BASE
    assert not listing.drop_page_size()

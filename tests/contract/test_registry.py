"""The `Registry` port, over the demo's registry and over docker-registry with both logins."""

import socket
from collections.abc import Iterator

import pytest

from bot.adapters.oci import OciRegistry
from bot.adapters.registry_credentials import RegistryOrigin
from bot.demo.images import Image, build_image
from bot.demo.registry import DemoRegistry
from bot.model import Gap, Manifest, Reference
from bot.ports import Registry
from tests.real.docker_registry import PASSWORD, DockerRegistry
from tests.real.push import push
from tests.real.token_issuer import FORBIDDEN

SHA = "0123456789abcdef0123456789abcdef01234567"


class PushedDemo:
    """The demo's registry, filled over HTTP as the real ones are."""

    def __init__(self) -> None:
        self.registry = DemoRegistry()
        self.host, self.url = self.registry.host, self.registry.url

    def origin(self) -> RegistryOrigin:
        return RegistryOrigin(self.url, private=True)

    def push(self, repository: str, tags: tuple[str, ...], image: Image) -> None:
        push(self.url, repository, tags, image)

    def stop(self) -> None:
        self.registry.close()


Counterpart = PushedDemo | DockerRegistry


@pytest.fixture(scope="module")
def demo() -> Iterator[PushedDemo]:
    counterpart = PushedDemo()
    yield counterpart
    counterpart.stop()


@pytest.fixture(scope="module")
def with_tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    counterpart = DockerRegistry(tmp_path_factory.mktemp("token"), "token")
    yield counterpart
    counterpart.stop()


@pytest.fixture(scope="module")
def with_basic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    counterpart = DockerRegistry(tmp_path_factory.mktemp("basic"), "basic")
    yield counterpart
    counterpart.stop()


REAL = [
    pytest.param("with_tokens", marks=pytest.mark.real),
    pytest.param("with_basic", marks=pytest.mark.real),
]


@pytest.fixture(params=["demo", *REAL])
def counterpart(request: pytest.FixtureRequest) -> Counterpart:
    found: Counterpart = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=REAL)
def guarded(request: pytest.FixtureRequest) -> DockerRegistry:
    found: DockerRegistry = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def registry(counterpart: Counterpart) -> Registry:
    return OciRegistry([counterpart.origin()])


def test_tags_are_all_there_and_sorted(counterpart: Counterpart, registry: Registry) -> None:
    counterpart.push("shop/tags", ("v1.10", "v1.9", "latest", "V1"), build_image("tags"))
    repository = f"{counterpart.host}/shop/tags"
    assert registry.tags([repository]) == {repository: ("V1", "latest", "v1.10", "v1.9")}


def test_a_repository_nobody_knows_has_no_tags(
    counterpart: Counterpart, registry: Registry
) -> None:
    repository = f"{counterpart.host}/shop/never-pushed"
    assert registry.tags([repository]) == {repository: ()}


@pytest.mark.slow
def test_more_tags_than_a_page_holds(counterpart: Counterpart, registry: Registry) -> None:
    tags = tuple(f"v0.0.{number}" for number in range(1001))
    counterpart.push("shop/many", tags, build_image("many"))
    repository = f"{counterpart.host}/shop/many"
    assert registry.tags([repository]) == {repository: tuple(sorted(tags))}


def test_an_image_of_one_platform(counterpart: Counterpart, registry: Registry) -> None:
    image = build_image("one", ("linux/arm64/v8",), SHA)
    counterpart.push("shop/one", ("v1.0",), image)
    tag = Reference(f"{counterpart.host}/shop/one", tag="v1.0")
    digest = Reference(f"{counterpart.host}/shop/one", digest=image.digest)
    manifest = Manifest(image.digest, ("linux/arm64/v8",), SHA)
    assert registry.resolve([tag, digest]) == {tag: manifest, digest: manifest}


def test_an_image_of_several_platforms_is_its_index(
    counterpart: Counterpart, registry: Registry
) -> None:
    platforms = ("linux/arm64", "linux/amd64", "unknown/unknown")
    image = build_image("several", platforms, SHA)
    counterpart.push("shop/several", ("v1.0",), image)
    reference = Reference(f"{counterpart.host}/shop/several", tag="v1.0")
    expected = Manifest(image.digest, ("linux/amd64", "linux/arm64"), SHA)
    assert registry.resolve([reference]) == {reference: expected}


def test_what_is_not_there_is_none(counterpart: Counterpart, registry: Registry) -> None:
    counterpart.push("shop/there", ("v1.0",), build_image("there"))
    absent = [
        Reference(f"{counterpart.host}/shop/there", tag="v2.0"),
        Reference(f"{counterpart.host}/shop/there", digest="sha256:" + "0" * 64),
        Reference(f"{counterpart.host}/shop/never-pushed", tag="v1.0"),
    ]
    assert registry.resolve(absent) == dict.fromkeys(absent)


def test_a_tag_that_moves_is_seen_to_move(counterpart: Counterpart, registry: Registry) -> None:
    reference = Reference(f"{counterpart.host}/shop/moving", tag="v1.0")
    for content in ("before", "after"):
        image = build_image(content)
        counterpart.push("shop/moving", ("v1.0",), image)
        resolved = registry.resolve([reference])[reference]
        assert isinstance(resolved, Manifest)
        assert resolved.digest == image.digest


def test_many_repositories_through_one_client_again_and_again(
    counterpart: Counterpart, registry: Registry
) -> None:
    names = [f"team-{number}/app" for number in range(20)]
    for name in names:
        counterpart.push(name, ("v1.0",), build_image(name))
    references = [Reference(f"{counterpart.host}/{name}", tag="v1.0") for name in names]
    expected = {
        reference: build_image(name).digest
        for reference, name in zip(references, names, strict=True)
    }
    for _ in range(2):
        resolved = registry.resolve(references)
        assert {one: getattr(found, "digest", found) for one, found in resolved.items()} == expected


def test_a_dead_registry_spoils_nobody_elses_answer(counterpart: Counterpart) -> None:
    counterpart.push("shop/alive", ("v1.0",), build_image("alive"))
    alive = f"{counterpart.host}/shop/alive"
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        registry = OciRegistry(
            [counterpart.origin(), RegistryOrigin(f"http://{host}", private=True)]
        )
        dead = [f"{host}/shop/{number}" for number in range(20)]
        answers = registry.tags([alive, *dead])
    assert answers[alive] == ("v1.0",)
    for repository in dead:
        gap = answers[repository]
        assert isinstance(gap, Gap)
        assert not gap.denied


def test_a_wrong_login_is_denied_and_not_shown(guarded: DockerRegistry) -> None:
    guarded.push("shop/guarded", ("v1.0",), build_image("guarded"))
    repository = f"{guarded.host}/shop/guarded"
    gap = OciRegistry([guarded.origin("wrong-canary")]).tags([repository])[repository]
    assert isinstance(gap, Gap)
    assert gap.denied
    assert "canary" not in repr(gap)
    assert OciRegistry([guarded.origin(PASSWORD)]).tags([repository])[repository] == ("v1.0",)


def test_no_login_is_denied(guarded: DockerRegistry) -> None:
    listed = guarded.origin()
    registry = OciRegistry([RegistryOrigin(listed.url, None, private=True, realms=listed.realms)])
    repository = f"{guarded.host}/shop/guarded"
    gap = registry.tags([repository])[repository]
    assert isinstance(gap, Gap)
    assert gap.denied


@pytest.mark.real
def test_a_repository_that_the_login_may_not_read_is_a_gap_of_its_own(
    with_tokens: DockerRegistry,
) -> None:
    with_tokens.push("shop/open", ("v1.0",), build_image("open"))
    registry = OciRegistry([with_tokens.origin()])
    allowed = f"{with_tokens.host}/shop/open"
    forbidden = f"{with_tokens.host}/{FORBIDDEN}secret"
    answers = registry.tags([allowed, forbidden])
    assert answers[allowed] == ("v1.0",)
    gap = answers[forbidden]
    assert isinstance(gap, Gap)
    assert gap.denied


@pytest.mark.real
def test_a_token_is_asked_for_once_per_repository(with_tokens: DockerRegistry) -> None:
    assert with_tokens.issuer
    with_tokens.push("shop/once", ("v1.0", "v1.1"), build_image("once"))
    registry = OciRegistry([with_tokens.origin()])
    repository = f"{with_tokens.host}/shop/once"
    before = len(with_tokens.issuer.asked)
    for _ in range(2):
        registry.tags([repository])
        registry.resolve([Reference(repository, tag="v1.0"), Reference(repository, tag="v1.1")])
    assert with_tokens.issuer.asked[before:] == ["repository:shop/once:pull"]

import base64
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bot.adapters.oci import OciRegistry
from bot.adapters.oci_auth import Challenge, challenges
from bot.adapters.registry_credentials import DockerConfig, Login, RegistryOrigin
from bot.model import Gap
from bot.secret import Secret
from tests.unit.oci_stand_in import CANARY, QUICK, Asked, Said, Script, StandIn

BASIC = "Basic " + base64.b64encode(f"robot:{CANARY}".encode()).decode()
LIST = Said(200, {"tags": ["v1.0"]})


class TokenRegistry:
    """A registry that believes in the tokens of the token service in the same place."""

    def __init__(self, realm: Callable[[], str], life: int | None = None) -> None:
        self.realm = realm
        self.life = life
        self.tokens: dict[str, str] = {}
        self.revoked = False

    def __call__(self, asked: Asked) -> Said:
        return self.issue(asked) if asked.path == "/token" else self.serve(asked)

    def issue(self, asked: Asked) -> Said:
        scope = asked.query.get("scope") or parse_qs(asked.body)["scope"][0]
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = scope
        return Said(200, {"access_token": token, "expires_in": self.life})

    def serve(self, asked: Asked) -> Said:
        name = asked.path.removeprefix("/v2/").removesuffix("/tags/list")
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token) == f"repository:{name}:pull":
            return LIST
        scope = "repository:other:pull,push"
        challenge = f'Bearer realm="{self.realm()}",service="a, b",scope="{scope}"'
        return Said(401, b"", {"WWW-Authenticate": challenge})


def served_here(life: int | None = None) -> StandIn:
    stand_in = StandIn(lambda _: Said(500))
    stand_in.script = TokenRegistry(lambda: f"{stand_in.url}/token", life)
    return stand_in


def tokens_asked(stand_in: StandIn) -> int:
    return sum(asked.path == "/token" for asked in stand_in.asked)


def ask(stand_in: StandIn, *origins: RegistryOrigin) -> tuple[str, ...] | Gap:
    repository = f"{stand_in.host}/shop/app"
    registry = OciRegistry(origins or [stand_in.origin()], limits=QUICK)
    return registry.tags([repository])[repository]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://a/token",service="s",scope="repository:a:pull,push"',
            [Challenge("bearer", {"realm": "https://a/token", "service": "s",
                                  "scope": "repository:a:pull,push"})],
        ),
        ("Basic", [Challenge("basic", {})]),
        (r'BASIC realm="say \"hi\""', [Challenge("basic", {"realm": 'say "hi"'})]),
        (
            'Basic realm="x", Bearer realm=https://a/token , service = "b"',
            [Challenge("basic", {"realm": "x"}),
             Challenge("bearer", {"realm": "https://a/token", "service": "b"})],
        ),
        ("Negotiate, Basic realm=x",
         [Challenge("negotiate", {}), Challenge("basic", {"realm": "x"})]),
        ("", []),
        ('="', []),
    ],
)  # fmt: skip
def test_challenges_as_servers_write_them(header: str, expected: list[Challenge]) -> None:
    assert list(challenges([header])) == expected


def test_a_foreign_realm_never_hears_the_credential() -> None:
    with StandIn(lambda _: Said(200, {"token": "t"})) as stranger:
        with StandIn(TokenRegistry(lambda: f"{stranger.url}/token")) as stand_in:
            gap = ask(stand_in)
            assert not stand_in.heard(BASIC)
        assert isinstance(gap, Gap)
        assert gap.denied
        assert stranger.asked == []
        assert CANARY not in repr(gap)


@pytest.mark.parametrize(
    "realm",
    [
        "", "/token", "https://", "file:///etc/passwd", "https://[broken", "ftp://127.0.0.1/token",
        "http://169.254.169.254/latest", "https://127.0.0.1/token",
        "http://{host}@169.254.169.254/token", "http://robot@{host}/token",
        "http://{host}.example.com/token", "https://{host}/token",
    ],
)  # fmt: skip
def test_what_is_no_realm_of_this_registry_is_denied(realm: str) -> None:
    with served_here() as stand_in:
        named = realm.format(host=stand_in.host)
        stand_in.script = TokenRegistry(lambda: named)
        gap = ask(stand_in)
        assert isinstance(gap, Gap)
        assert gap.denied
        assert not stand_in.heard(BASIC)


def test_a_listed_realm_is_asked() -> None:
    with served_here() as tokens:
        script = tokens.script
        with StandIn(script) as stand_in:
            assert isinstance(ask(stand_in), Gap)
            assert ask(stand_in, stand_in.origin(tokens.url)) == ("v1.0",)
            assert not stand_in.heard(BASIC)
        assert tokens.heard(BASIC)
        assert tokens.asked[0].query == {
            "scope": "repository:shop/app:pull", "service": "a, b", "client_id": "fairlead",
        }  # fmt: skip


def test_a_realm_in_plain_text_is_not_asked_for_a_registry_with_tls() -> None:
    with served_here() as stand_in:
        secure = RegistryOrigin(
            f"https://{stand_in.host}",
            stand_in.origin().login,
            private=True,
            realms=(stand_in.url,),
        )
        assert isinstance(ask(stand_in, secure), Gap)
        assert stand_in.asked == []


def test_without_a_login_a_token_is_asked_for_anonymously() -> None:
    with served_here() as stand_in:
        assert ask(stand_in, RegistryOrigin(stand_in.url, private=True)) == ("v1.0",)
        assert all("Basic" not in repr(asked) for asked in stand_in.asked)


def test_two_repositories_through_one_client() -> None:
    with served_here(life=300) as stand_in:
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        repositories = [f"{stand_in.host}/shop/{name}" for name in ("a", "b")]
        for _ in range(2):
            assert registry.tags(repositories) == dict.fromkeys(repositories, ("v1.0",))
        assert tokens_asked(stand_in) == 2


def test_a_token_that_is_refused_is_renewed_once() -> None:
    with served_here(life=300) as stand_in:
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        repository = f"{stand_in.host}/shop/app"
        registry.tags([repository])
        script = stand_in.script
        assert isinstance(script, TokenRegistry)
        script.tokens = {"spent": ""}
        assert registry.tags([repository]) == {repository: ("v1.0",)}
        assert tokens_asked(stand_in) == 2


def test_a_token_that_is_never_good_enough_is_denied() -> None:
    def script(asked: Asked) -> Said:
        if asked.path == "/token":
            return Said(200, {"token": f"t-{len(stand_in.asked)}"})
        challenge = f'Bearer realm="{stand_in.url}/token"'
        return Said(401, b"", {"WWW-Authenticate": challenge})

    with StandIn(script) as stand_in:
        gap = ask(stand_in)
        assert isinstance(gap, Gap)
        assert gap.denied
        assert tokens_asked(stand_in) == 1


def test_a_token_that_has_expired_is_not_sent() -> None:
    with served_here() as stand_in:
        script = stand_in.script
        assert isinstance(script, TokenRegistry)
        script.life = 10**-9  # type: ignore[assignment]
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        for _ in range(2):
            registry.tags([f"{stand_in.host}/shop/app"])
        assert tokens_asked(stand_in) == 2 * 2


@pytest.mark.parametrize(
    "said",
    [
        Said(200, b"<html>"),
        Said(200, {}),
        Said(200, {"token": "two\r\nX-Lines: 1"}),
        Said(200, {"token": 7}),
        Said(200, []),
        Said(500),
        Said(429),
    ],
)
def test_a_token_service_in_trouble_is_a_gap(said: Said) -> None:
    with served_here() as stand_in:
        script = stand_in.script
        stand_in.script = lambda asked: said if asked.path == "/token" else script(asked)
        gap = ask(stand_in)
        assert isinstance(gap, Gap)
        assert not gap.denied


def test_a_login_that_is_refused_is_not_sent_for_every_repository() -> None:
    def basic(_: Asked) -> Said:
        return Said(401, b"", {"WWW-Authenticate": "Basic realm=x"})

    def tokens(asked: Asked) -> Said:
        challenge = f'Bearer realm="{stand_in.url}/token"'
        return Said(401, b"", {} if asked.path == "/token" else {"WWW-Authenticate": challenge})

    script: Script
    for script in (basic, tokens):
        with StandIn(script) as stand_in:
            repositories = [f"{stand_in.host}/shop/app-{number}" for number in range(100)]
            registry = OciRegistry([stand_in.origin()], limits=QUICK)
            answers = registry.tags(repositories)
            assert all(isinstance(gap, Gap) and gap.denied for gap in answers.values())
            assert sum(BASIC in repr(asked) for asked in stand_in.asked) == 1


def test_a_repository_that_basic_may_not_read_leaves_the_others_alone() -> None:
    def script(asked: Asked) -> Said:
        known = asked.headers.get("Authorization") == BASIC
        if known and "forbidden" not in asked.path:
            return LIST
        return Said(401, b"", {"WWW-Authenticate": "Basic realm=x"})

    with StandIn(script) as stand_in:
        forbidden, allowed = (f"{stand_in.host}/{name}/app" for name in ("forbidden", "shop"))
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        answers = registry.tags([forbidden, allowed])
    assert isinstance(answers[forbidden], Gap)
    assert answers[allowed] == ("v1.0",)


def test_an_identity_token_is_traded_and_never_sent_to_the_registry() -> None:
    with served_here() as tokens:
        script = tokens.script
        with StandIn(script) as stand_in:
            login = Login("", Secret(CANARY), identity_token=True)
            origin = RegistryOrigin(stand_in.url, login, private=True, realms=(tokens.url,))
            assert ask(stand_in, origin) == ("v1.0",)
            assert not stand_in.heard(CANARY)
        (traded,) = tokens.asked
        assert traded.method == "POST"
        assert parse_qs(traded.body) == {
            "grant_type": ["refresh_token"], "refresh_token": [CANARY], "client_id": ["fairlead"],
            "scope": ["repository:shop/app:pull"], "service": ["a, b"],
        }  # fmt: skip


def test_basic_is_sent_to_its_own_origin_only() -> None:
    def script(asked: Asked) -> Said:
        if asked.headers.get("Authorization") == BASIC:
            return LIST
        return Said(401, b"", {"WWW-Authenticate": 'Basic realm="https://elsewhere.example.com"'})

    with StandIn(script) as stand_in, StandIn(script) as other:
        assert ask(stand_in) == ("v1.0",)
        repositories = [f"{one.host}/shop/app" for one in (stand_in, other)]
        origins = [stand_in.origin(), RegistryOrigin(other.url, private=True)]
        answers = OciRegistry(origins, limits=QUICK).tags(repositories)
        assert answers[repositories[0]] == ("v1.0",)
        assert isinstance(answers[repositories[1]], Gap)
        assert not other.heard(BASIC)


def test_a_helper_that_fails_is_asked_once_for_all_repositories(tmp_path: Path) -> None:
    count, helper = tmp_path / "count", tmp_path / "docker-credential-test"
    helper.write_text(f"#!/bin/sh\necho x >> {count}\nexit 1\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    config = tmp_path / "config.json"
    config.write_text('{"credsStore": "test"}')
    with served_here() as stand_in:
        registry = OciRegistry(
            [RegistryOrigin(stand_in.url, private=True)],
            docker_config=DockerConfig(config, {"test": helper}),
            limits=QUICK,
        )
        answers = registry.tags([f"{stand_in.host}/shop/app-{number}" for number in range(10)])
    assert all(isinstance(gap, Gap) and gap.denied for gap in answers.values())
    assert count.read_text() == "x\n"

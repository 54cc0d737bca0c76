"""What looks like a credential, what does not, and that no message shows one."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.check import findings
from gitops.check.credential_words import PRIVATE_KEY, TOKEN, is_literal, is_telling
from gitops.check.suppression import read
from gitops.errors import Place
from tests.faults.planting import planted
from tests.faults.secrets import AWS, BODY, GITHUB, KEY, LISTED, PASSWORD, SECRET, secret, variables

_LETTERS = st.sampled_from("abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789")
_RANDOM = st.text(_LETTERS, min_size=20, max_size=40).filter(
    lambda text: any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
)

TELLING = (
    ("password", "hunter2"),
    ("adminPassword", PASSWORD),
    ("POSTGRES_PASSWORD", "mealie"),
    ("db-passwd", "x1y2"),
    ("apiKey", "abc"),
    ("GRAFANA_API_TOKEN", "s3cret"),
    ("clientSecret", "shop"),
    ("token", "5f0e2a9c7b1d46389a0b"),
    ("SESSION_SECRET", "Zk29sLq0vXw81mTe"),
    ("aws_secret_access_key", "wJalr"),
)
SILENT = (
    ("password", ""),
    ("password", "${DB_PASSWORD}"),
    ("password", "$(DB_PASSWORD)"),
    ("password", "$DB_PASSWORD"),
    ("password", "{{ .password }}"),
    ("password", "<set in secret>"),
    ("password", "op://vault/item/password"),
    ("password", "ref+vault://shop#password"),
    ("password", "/run/secrets/password"),
    ("password", "changeme"),
    ("password", "****"),
    ("passwordKey", "admin-password"),
    ("passwordFile", "/etc/db"),
    ("passwordSecretRef", "shop-db"),
    ("existingSecret", "forgejo-runner-secret"),
    ("secretName", "shop-tls"),
    ("secret", "shop-webhook-secret"),
    ("token", "s"),
    ("token", "metrics-token-2"),
    ("tokenUrl", "https://sso.example.com/token"),
    ("tokenTTL", "3600"),
    ("compassword2", "x"),
    ("monkey", "banana"),
    ("automountServiceAccountToken", "false"),
)


@pytest.mark.parametrize(("key", "value"), TELLING)
def test_a_credential_is_known_by_its_key(key: str, value: str) -> None:
    assert is_telling(key, value)


@pytest.mark.parametrize(("key", "value"), SILENT)
def test_what_stands_for_something_else_is_none(key: str, value: str) -> None:
    assert not is_telling(key, value)


@given(_RANDOM)
def test_a_random_text_is_a_literal(text: str) -> None:
    assert is_literal(text)
    assert not is_literal("${" + text + "}")


TOKENS = (
    (GITHUB, "github"),
    (AWS, "aws"),
    ("gl" + "pat-" + "aZ3kQ9xT7bN1mC5vL8wR", "gitlab"),
    ("xo" + "xb-" + "123456789012-abcdefghijkl", "slack"),
    ("AI" + "za" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "google"),
    ("sk" + "_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "stripe"),
    ("np" + "m_" + "aZ3kQ9xT7bN1mC5vL8wR2yE6uI4oP0sDfG7h", "npm"),
    ("hv" + "s." + "CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq1qY", "vault"),
    (
        "AGE-SECRET-" + f"KEY-1{'QZ' * 29}",
        "age",
    ),
)


@pytest.mark.parametrize(("token", "maker"), TOKENS, ids=[maker for _, maker in TOKENS])
def test_a_token_is_known_by_its_form(token: str, maker: str) -> None:
    for text in (token, f'"{token}"', f"x={token};"):
        found = TOKEN.search(text.encode())
        assert found is not None
        assert found.lastgroup == maker
    assert TOKEN.search(f"a{token}".encode()) is None
    assert TOKEN.search(token[:12].encode()) is None


@pytest.mark.parametrize("between", ["\n", "\r\n", "\\n", "\n    ", "\nVersion: 1\n\n"])
def test_a_private_key_has_a_body(between: str) -> None:
    assert PRIVATE_KEY.search(f"{KEY}{between}{BODY}".encode())
    assert PRIVATE_KEY.search(f"{KEY}{between}...".encode()) is None
    sealed = KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")
    assert PRIVATE_KEY.search(f"{sealed}{between}{BODY}".encode()) is None


@given(_RANDOM)
def test_no_message_shows_a_value(value: str) -> None:
    tree = planted(
        {
            **LISTED,
            **variables("- name: DB_PASSWORD", f"  value: {value}"),
            SECRET: secret(f"password: {value}"),
            "token.txt": f"{GITHUB} {AWS}\n{KEY}\n{BODY}\n".encode(),
        }
    )
    told = [str(each) for each in findings(tree)]
    assert {text.split()[2] for text in told} >= {"FL701", "FL703", "FL704", "FL705"}
    for secret_text in (value, GITHUB, AWS, BODY):
        assert not any(secret_text in text for text in told)


def test_a_credential_that_opens_nothing_is_silenced_where_it_stands() -> None:
    lines = ("- name: DB_PASSWORD", f"  value: {PASSWORD} # fairlead: ignore FL703 the demo's")
    assert not any(each.code == "FL703" for each in findings(planted(variables(*lines))))
    assert read("a.yaml", b"a: 1 # fairlead: ignore FL703 why\n").suppressions[0].place == Place(
        "a.yaml", 1, 6
    )


HOSTILE = (
    b"password" + b" " * 1_000_000,
    b"name: password\n" + b"\n" * 1_000_000,
    b"name: password\n" * 60_000,
    b"[" * 500_000 + b"key",
    b",a" * 500_000 + b"key",
    b"<<<<<<< x\n" * 100_000,
    b"-----BEGIN PRIVATE KEY-----\n" * 35_000,
    b"-----BEGIN " + b"A " * 500_000,
    b"ghp_" + b"a" * 1_000_000,
    b"token: " + b"a1-" * 300_000,
)


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_takes_seconds_and_not_minutes(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    findings(planted({**LISTED, SECRET: data}))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 60

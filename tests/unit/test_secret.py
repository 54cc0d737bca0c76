import pickle

import pytest

from bot.secret import Secret, without_credentials


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert secret.reveal() == "canary"


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(Secret("canary"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://bot:pw@host/x", "https://host/x"),
        ("at 'https://bot:p@w@host/x': 404", "at 'https://host/x': 404"),
        ("https://bot:p/w@host/x and y@z", "https://host/x and y@z"),
        ("https://host/x?private_token=pw&page=2 and", "https://host/x?*** and"),
        ("git@host:x and image:v1@sha256:0?1", "git@host:x and image:v1@sha256:0?1"),
    ],
)
def test_a_url_is_shown_without_what_could_be_a_credential(text: str, shown: str) -> None:
    assert without_credentials(text) == shown

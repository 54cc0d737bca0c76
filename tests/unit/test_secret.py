import pickle

import pytest

from bot.secret import Secret


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

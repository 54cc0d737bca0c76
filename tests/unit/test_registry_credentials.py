import base64
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.registry_credentials import DockerConfig, Login, RegistryOrigin
from bot.secret import Secret
from gitops.errors import Denied, FairleadError, InvalidInput, Unavailable

CANARY = "canary-77c2"
HOST = "registry.example.com"
ROBOT = Login("robot", Secret(CANARY))
AUTH = {"auth": base64.b64encode(f"robot:{CANARY}".encode()).decode()}
HUB = "https://index.docker.io/v1/"


def written(tmp_path: Path, content: object) -> DockerConfig:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(content))
    return DockerConfig(path)


def helper(tmp_path: Path, script: str, name: str = "test") -> Path:
    path = tmp_path / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def says(username: str, secret: str) -> str:
    return "echo '" + json.dumps({"ServerURL": "x", "Username": username, "Secret": secret}) + "'"


@pytest.mark.parametrize(
    "key",
    [
        HOST,
        f"https://{HOST}",
        f"https://{HOST}/v1/",
        f"{HOST}/v2/",
        f"http://{HOST}/",
        "REGISTRY.example.com",
    ],
)
def test_a_login_is_found_however_its_key_is_written(tmp_path: Path, key: str) -> None:
    assert written(tmp_path, {"auths": {key: AUTH}}).login(HOST) == ROBOT


@pytest.mark.parametrize(
    "key", [f"{HOST}:5000", f"{HOST}/team", f"evil.{HOST}", f"{HOST}.evil.example", "example.com"]
)
def test_a_login_is_nobody_elses(tmp_path: Path, key: str) -> None:
    assert written(tmp_path, {"auths": {key: AUTH}}).login(HOST) is None


@pytest.mark.parametrize("key", [HUB, "docker.io", "index.docker.io", "registry-1.docker.io"])
@pytest.mark.parametrize("host", ["docker.io", "registry-1.docker.io"])
def test_docker_hub_under_all_its_names(tmp_path: Path, key: str, host: str) -> None:
    assert written(tmp_path, {"auths": {key: AUTH}}).login(host) == ROBOT


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        ({"username": "robot", "password": CANARY}, ROBOT),
        ({**AUTH, "identitytoken": "id"}, Login("robot", Secret("id"), identity_token=True)),
        ({"auth": base64.b64encode(f"robot:{CANARY}\0\0".encode()).decode()}, ROBOT),
        ({}, None),
        (None, None),
    ],
)
def test_the_forms_of_an_entry(tmp_path: Path, entry: object, login: Login | None) -> None:
    assert written(tmp_path, {"auths": {HOST: entry}}).login(HOST) == login


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"auths": ["x"]},
        {"auths": {HOST: CANARY}},
        {"auths": {HOST: {"auth": CANARY + "!"}}},
        {"auths": {HOST: {"auth": base64.b64encode(CANARY.encode()).decode()}}},
        {"credHelpers": "x"},
    ],
)
def test_a_broken_file_is_said_without_what_it_holds(tmp_path: Path, content: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        written(tmp_path, content).login(HOST)
    assert str(tmp_path / "config.json") in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_file_that_is_absent_or_no_json_is_said(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(InvalidInput, match="cannot be read"):
        DockerConfig(path).login(HOST)
    path.write_text(f'{{"auths": "{CANARY}')
    with pytest.raises(InvalidInput, match="is not JSON") as caught:
        DockerConfig(path).login(HOST)
    assert caught.value.__suppress_context__


def test_the_helper_of_a_host_goes_before_the_store(tmp_path: Path) -> None:
    config = written(tmp_path, {"credsStore": "store", "credHelpers": {HOST: "chosen"}})
    helpers = {
        "store": helper(tmp_path, says("store", "s"), "store"),
        "chosen": helper(tmp_path, says("chosen", "c"), "chosen"),
    }
    asked = DockerConfig(config.path, helpers)
    assert asked.login(HOST) == Login("chosen", Secret("c"))
    assert asked.login("other.example.com") == Login("store", Secret("s"))


def test_a_store_that_has_nothing_leaves_it_to_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, {"credsStore": "test", "auths": {HOST: AUTH}})
    program = helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    assert DockerConfig(config.path, {"test": program}).login(HOST) == ROBOT


def test_a_helper_hears_the_host_and_sees_only_the_given_environment(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    program = helper(
        tmp_path, f'{{ cat; echo; echo "$@"; env; }} > {heard}\n' + says("<token>", "id")
    )
    config = written(tmp_path, {"credHelpers": {"docker.io": "test"}})
    asked = DockerConfig(config.path, {"test": program}, {"PATH": "/usr/bin:/bin", "GIVEN": "1"})
    assert asked.login("docker.io") == Login("", Secret("id"), identity_token=True)
    lines = heard.read_text().splitlines()
    assert lines[:2] == [HUB, "get"]
    assert {line.partition("=")[0] for line in lines[2:]} <= {"PATH", "GIVEN", "PWD", "_", "SHLVL"}


@pytest.mark.parametrize(
    "content",
    [
        {"credHelpers": {HOST: "absent"}},
        {"credHelpers": {HOST: "../../bin/sh"}},
        {"credHelpers": {HOST: ""}},
        {"credsStore": "absent", "auths": {HOST: {}}},
    ],
)
def test_a_helper_that_is_not_allowed_is_denied_not_anonymous(
    tmp_path: Path, content: object
) -> None:
    with pytest.raises(Denied, match="list this credential helper"):
        written(tmp_path, content).login(HOST)


def test_a_store_that_is_not_allowed_does_not_stand_before_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, {"credsStore": "absent", "auths": {HOST: AUTH}})
    assert config.login(HOST) == ROBOT
    assert config.login("other.example.com") is None


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (f"echo {CANARY}; exit 1", Denied),
        (f"echo {CANARY}", Denied),
        ("echo '[]'", Denied),
        ("exec sleep 30", Unavailable),
    ],
)
def test_a_helper_in_trouble_is_said_without_what_it_said(
    tmp_path: Path, script: str, error: type[FairleadError]
) -> None:
    config = written(tmp_path, {"credHelpers": {HOST: "test"}})
    helpers = {"test": helper(tmp_path, script)}
    environment = {"PATH": "/usr/bin:/bin"}
    asked = DockerConfig(config.path, helpers, environment, timedelta(seconds=0.3))
    with pytest.raises(error) as caught:
        asked.login(HOST)
    assert CANARY not in str(caught.value)


def test_a_helper_that_is_no_program_is_denied(tmp_path: Path) -> None:
    config = written(tmp_path, {"credHelpers": {HOST: "test"}})
    with pytest.raises(Denied, match="cannot be started"):
        DockerConfig(config.path, {"test": tmp_path / "absent"}).login(HOST)


@pytest.mark.parametrize(
    "url",
    ["registry.example.com", "https://registry.example.com/", "https://Registry.example.com",
     "https://registry.example.com:443", "https://robot:x@registry.example.com", "ftp://a.b", ""],
)  # fmt: skip
def test_what_is_no_origin_is_invalid(url: str) -> None:
    with pytest.raises(InvalidInput, match="https://HOST"):
        RegistryOrigin(url)
    with pytest.raises(InvalidInput, match="https://HOST"):
        RegistryOrigin("https://registry.example.com", realms=(url,))


def test_nothing_shows_a_login() -> None:
    assert CANARY not in repr(RegistryOrigin("https://registry.example.com", ROBOT))

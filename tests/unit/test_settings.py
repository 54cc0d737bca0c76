"""The operator's settings: flags over environment over file, and nothing unknown passes."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.secret import Secret
from bot.settings import Settings, origin_of, read
from gitops.errors import InvalidInput

PASSWORD = r"/none cannot be read \(No such file or directory\); give a file that holds"
FLEET = "https://git.example.com/fleet.git"


def settings_file(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment that names a settings file with this text."""
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return {"FAIRLEAD_SETTINGS": str(file)}


def test_flags_win_over_the_environment_and_it_over_the_file(tmp_path: Path) -> None:
    environment = settings_file(tmp_path, 'fleet = "https://a.example.com/f"\nbranch = "trunk"')
    assert read(environment).fleet == "https://a.example.com/f"
    environment["FAIRLEAD_FLEET"] = "https://b.example.com/f"
    assert read(environment).fleet == "https://b.example.com/f"
    found = read(environment, fleet=FLEET, branch="main", interval="2m")
    assert (found.fleet, found.branch) == (FLEET, "main")
    assert found.interval == timedelta(minutes=2)


def test_a_directory_is_a_fleet(tmp_path: Path) -> None:
    assert read({}, fleet=str(tmp_path)).fleet == tmp_path.as_uri()


def test_secrets_come_from_files_and_do_not_print(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a key that nobody prints\n")
    (tmp_path / "password").write_text("hunter2\n")
    text = (
        f'fleet = "{FLEET}"\n[[origins]]\nurl = "https://git.example.com"\nusername = "bot"\n'
        f'password_file = "{tmp_path / "password"}"\n'
    )
    environment = settings_file(tmp_path, text) | {"FAIRLEAD_STATE_KEY_FILE": str(tmp_path / "key")}
    found = read(environment)
    assert found.state_key is not None
    assert found.state_key.reveal() == "a key that nobody prints"
    origin = found.origin(FLEET)
    assert origin is not None
    assert origin.password is not None
    assert origin.password.reveal() == "hunter2"
    assert "hunter2" not in repr(found)
    assert "nobody prints" not in repr(found)


def test_paths_of_the_file_begin_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it does not matter where the bot is started; an absolute one stays as it is."""
    (tmp_path / "git").write_text("hunter2")
    text = f"""
        fleet = "{FLEET}"
        status_file = "health.json"
        work_directory = "/var/lib/fairlead"
        [[origins]]
        url = "https://git.example.com"
        password_file = "git"
        [[clusters]]
        name = "eu"
        server = "https://eu.example.com:6443"
        token_file = "eu/token"
        ca_file = "/etc/eu.crt"
        """
    (tmp_path / "settings.toml").write_text(text)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = read({"FAIRLEAD_SETTINGS": "../settings.toml"})
    assert found.status_file is not None
    assert found.status_file.resolve() == tmp_path / "health.json"
    assert found.work_directory == Path("/var/lib/fairlead")
    (origin,), (cluster,) = found.origins, found.clusters
    assert origin.password == Secret("hunter2")
    assert cluster.token_file is not None
    assert cluster.token_file.resolve() == tmp_path / "eu" / "token"
    assert cluster.ca_file == Path("/etc/eu.crt")
    # What a flag or the environment says begins where the command does, as of every command.
    told = read({"FAIRLEAD_SETTINGS": "../settings.toml", "FAIRLEAD_STATUS_FILE": "mine.json"})
    assert told.status_file == Path("mine.json")


@pytest.mark.parametrize("listed", [True, False])
def test_a_forges_token_is_the_password_of_the_fleets_own_origin(
    tmp_path: Path, listed: bool
) -> None:
    other = '[[origins]]\nurl = "https://registry.example.com"\n'
    own = '[[origins]]\nurl = "https://git.example.com"\nusername = "bot"\nprivate = true\n'
    environment = settings_file(tmp_path, other + own * listed)
    (tmp_path / "token").write_text("a token that nobody prints\n")
    for given in (
        {"FAIRLEAD_FORGE_TOKEN": "a token that nobody prints"},
        {"FAIRLEAD_FORGE_TOKEN_FILE": str(tmp_path / "token")},
    ):
        found = read(environment | given, fleet=FLEET)
        origin = found.origin(FLEET)
        assert origin is not None
        assert origin.password == Secret("a token that nobody prints")
        assert (origin.username, origin.private) == (("bot", True) if listed else (None, False))
        assert [o.password for o in found.origins if o.url != origin.url] == [None]
        assert "nobody prints" not in repr(found)


def test_an_origin_may_have_an_authority_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("any text: it is read when it is used\n")
    text = f'[[origins]]\nurl = "https://git.example.com"\nca_file = "{tmp_path / "ca.pem"}"\n'
    origin = read(settings_file(tmp_path, text), fleet=FLEET).origin(FLEET)
    assert origin is not None
    assert origin.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("forge", ["gitea", "github", "gitlab"])
def test_an_origin_may_say_which_forge_it_is(tmp_path: Path, forge: str) -> None:
    text = f'[[origins]]\nurl = "https://git.example.com"\nforge = "{forge}"\n'
    origin = read(settings_file(tmp_path, text), fleet=FLEET).origin(FLEET)
    assert origin is not None
    assert origin.forge == forge


def test_a_forges_token_goes_to_no_directory(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no forge"):
        read({"FAIRLEAD_FORGE_TOKEN": "x"}, fleet=str(tmp_path))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("flet = 1", "no `flet`"),
        ("state_key = 'x'", "no `state_key`"),
        ("clock = 'x'", "no `clock`"),
        ("fleet = 3", "`fleet` must be a text"),
        ("interval = '1s'", "too short"),
        ("interval = 'soon'", "no duration"),
        ("[[origins]]\nurl = 'https://a.example.com/path'", "no origin"),
        ("[[origins]]\nurl = 'https://a.example.com:443'", "no origin"),
        ("[[origins]]\nurl = 'file:///srv/git'", "or file://"),
        ("[[origins]]\nurl = 'https://a.example.com'\npassword = 'x'", "no `password`"),
        ("[[origins]]\nurl = 'https://a.example.com'\nprivate = 'yes'", "true or false"),
        ("[[origins]]\nurl = 'https://a.example.com'\nrealms = 'x'", "list of origins"),
        ("[[origins]]\nurl = 'https://a.example.com'\npassword_file = '/none'", PASSWORD),
        ("[[origins]]\nurl = 'https://a.example.com'\nca_file = '/none'", "no file /none"),
        ("[[origins]]\nurl = 'https://a.example.com'\nforge = 'svn'", "no forge that is known"),
        ("origins = 3", "list of tables"),
        ("[origins", "is no TOML"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as told:
        read(settings_file(tmp_path, text), fleet=FLEET)
    assert str(tmp_path / "settings.toml") in str(told.value)


def test_no_fleet_says_how_to_name_one() -> None:
    with pytest.raises(InvalidInput, match="FAIRLEAD_FLEET"):
        read({})


def test_a_fleet_that_is_nowhere_is_told() -> None:
    with pytest.raises(InvalidInput, match="neither a URL nor a directory"):
        read({}, fleet="./nowhere-at-all")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Git.Example.com/a/b.git", "https://git.example.com"),
        ("https://git.example.com:443/a", "https://git.example.com"),
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000"),
        ("file:///srv/fleet.git", "file://"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_an_unlisted_origin_has_no_entry() -> None:
    assert Settings(fleet=FLEET).origin("https://other.example.com/x") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1/acme/fleet.git",
        "https://git.example.com:99999/acme/fleet.git",
        "https://bot:hunter2@git.example.com:x/acme/fleet.git",
        "https://bot:hun/ter2@git.example.com/acme/fleet.git",
        "bot:hunter2@git.example.com:acme/fleet.git",
    ],
)
def test_what_is_no_url_is_told_without_what_may_be_a_password(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read({"FAIRLEAD_FORGE_TOKEN": "a token of somebody's"}, fleet=url)
    assert "https://HOST" in str(refused.value.hint)
    assert not any(part in str(refused.value) for part in ("hun", "ter2", "bot"))
    assert read({}, fleet="https://[::1]:3000/acme/fleet.git").fleet.endswith("fleet.git")


@pytest.mark.parametrize("url", ["https://bot:hunter2@a.example.com", "https://a.example.com:x"])
def test_an_origin_that_is_none_is_told_without_its_password(url: str, tmp_path: Path) -> None:
    environment = settings_file(tmp_path, f'fleet = "{FLEET}"\n[[origins]]\nurl = "{url}"\n')
    with pytest.raises(InvalidInput, match=r"'https://a.example.com.*' is no origin") as refused:
        read(environment)
    assert "hunter2" not in str(refused.value)

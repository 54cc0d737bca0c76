import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.adapters.git_failure import Answer, about_push, about_remote, scrub, told
from bot.adapters.git_mirror import Mirror
from bot.adapters.git_remote import Remote
from bot.model import Person
from bot.ports import Draft, RefUpdate
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.real.git_http import PASSWORD, GitHttp, Login, Text, create

DATE = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHttp]:
    with GitHttp(tmp_path / "remotes") as running:
        yield running


def repository(server: GitHttp, tmp_path: Path, password: str = PASSWORD) -> GitRepository:
    url = server.create("fleet")
    return GitRepository(tmp_path / "m", url, Login(Text(password)), plain=True, timeout=20)


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, Denied, "check the credential"),
        (403, Denied, "check the credential"),
        (404, Denied, "no such repository"),
        (302, Denied, "redirects are not followed"),
        (500, Unavailable, "500"),
        (503, Unavailable, "503"),
    ],
)
def test_what_an_http_status_means(
    server: GitHttp, tmp_path: Path, status: int, error: type[FairleadError], says: str
) -> None:
    fleet = repository(server, tmp_path)
    fleet.fetch()
    (sha,) = fleet.write([Draft((), "m", Person("b", "b@x"), DATE, {"a": b"b"})])
    server.status = status
    asks: list[Callable[[], None]] = [
        fleet.fetch,
        lambda: fleet.push([RefUpdate("refs/heads/x", None, sha)]),
    ]
    for ask in asks:
        with pytest.raises(error, match=says) as caught:
            ask()
        assert PASSWORD not in str(caught.value)
    server.status = None
    fleet.push([RefUpdate("refs/heads/x", None, sha)])


def test_an_empty_page_is_not_an_empty_repository(server: GitHttp, tmp_path: Path) -> None:
    fleet = repository(server, tmp_path)
    fleet.fetch()
    (sha,) = fleet.write([Draft((), "m", Person("b", "b@x"), DATE, {"a": b"b"})])
    fleet.push([RefUpdate("refs/heads/main", None, sha)])
    server.status = 200
    for _ in range(2):
        with pytest.raises(Unavailable, match="shows no refs any more"):
            fleet.fetch()
        assert fleet.head("main") == sha
    server.status = None
    fleet.fetch()
    assert fleet.head("main") == sha


def test_an_empty_page_is_none_where_another_process_made_the_mirror_anew(
    server: GitHttp, tmp_path: Path
) -> None:
    fleet = repository(server, tmp_path)
    fleet.fetch()
    first, second = fleet.write(
        [Draft((), m, Person("b", "b@x"), DATE, {"a": b"b"}) for m in ("one", "two")]
    )
    fleet.push([RefUpdate("refs/heads/main", None, first)])
    fleet.fetch()
    shutil.rmtree(tmp_path / "m")
    other = repository(server, tmp_path)
    other.fetch()
    other.write([Draft((), "two", Person("b", "b@x"), DATE, {"a": b"b"})])
    other.push([RefUpdate("refs/heads/main", first, second)])
    shutil.rmtree(tmp_path / "m")
    other.fetch()
    server.status = 200
    for _ in range(2):
        with pytest.raises(Unavailable, match="shows no refs any more"):
            fleet.fetch()
    server.status = None
    fleet.fetch()
    assert fleet.head("main") == second


def test_a_wrong_password_is_denied(server: GitHttp, tmp_path: Path) -> None:
    with pytest.raises(Denied) as caught:
        repository(server, tmp_path, "wrong-canary").fetch()
    assert "wrong-canary" not in str(caught.value)
    # Git's own words are of a terminal that nobody has.
    assert caught.value.message.endswith("does not take the credential that it was given")
    assert "the bot's token" in str(caught.value.hint)


def test_a_server_that_is_gone_is_unavailable(server: GitHttp, tmp_path: Path) -> None:
    fleet = GitRepository(tmp_path / "m", "http://127.0.0.1:1/fleet.git", plain=True)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        fleet.fetch()


def test_a_directory_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    fleet = GitRepository(tmp_path / "m", f"file://{tmp_path}/none.git", plain=True)
    with pytest.raises(Unavailable):
        fleet.fetch()
    with pytest.raises(Unavailable):
        fleet.push([RefUpdate("refs/heads/x", "1" * 40, None)])


def test_before_the_first_fetch_nothing_is_known(tmp_path: Path) -> None:
    path = create(tmp_path, "fleet")
    fleet = GitRepository(tmp_path / "m", f"file://{path}", plain=True)
    with pytest.raises(Unavailable):
        fleet.refs("refs/")
    with pytest.raises(Unavailable):
        fleet.write([Draft((), "m", Person("b", "b@x"), DATE, {"a": b"b"})])


def test_a_second_process_waits_and_then_names_the_directory(tmp_path: Path) -> None:
    remote = Remote("https://git.example.com/a.git")
    one, two = (Mirror(tmp_path / "m", remote, patience=0.1) for _ in range(2))
    with one.locked(), pytest.raises(InvalidInput, match=str(tmp_path / "m")), two.locked():
        pass
    with two.locked():
        pass


def test_a_file_gone_from_the_mirror_is_fetched_again(tmp_path: Path) -> None:
    path = create(tmp_path, "fleet")
    fleet = GitRepository(tmp_path / "m", f"file://{path}", plain=True)
    fleet.fetch()
    (sha,) = fleet.write([Draft((), "m", Person("b", "b@x"), DATE, {"a": b"b"})])
    fleet.push([RefUpdate("refs/heads/main", None, sha)])
    for pack in (tmp_path / "m" / "objects" / "pack").iterdir():
        pack.unlink()
    reopened = GitRepository(tmp_path / "m", f"file://{path}", plain=True)
    with pytest.raises(Unavailable):
        reopened.tree(sha)
    reopened.fetch()
    assert reopened.tree(sha)["a"].data == b"b"


def test_messages_carry_no_secret_and_no_control_characters() -> None:
    text = scrub("https://bot:pw@host/x \x1b[31mred\x00 s3cr3t\n", ("s3cr3t",))
    assert text == "https://host/x ?[31mred? ***\n"
    long = Answer(128, b"", "remote: " + "x" * 2000)
    assert len(told(long)) == 500
    assert told(Answer(3, b"", "")) == "exit 3"


def test_what_a_fetch_anew_would_not_cure_is_no_damage() -> None:
    for said in ("fatal: fsck error in packed object", "fatal: write error: No space left on x"):
        error = about_remote(Answer(128, b"", said), "https://x", "fetch")
        assert isinstance(error, Unavailable)


def test_a_failure_at_home_is_not_the_remotes() -> None:
    assert about_remote(Answer(128, b"", "fatal: bad object 12"), "https://x", "fetch") is None


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("[rejected] (stale info)", Conflict),
        ("[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)", Conflict),
        ("[remote rejected] (failed to update ref)", Conflict),
        ("[remote rejected] (incorrect old value provided)", Conflict),
        ("[remote rejected] (atomic transaction failed)", Conflict),
        ("[remote rejected] (pre-receive hook declined)", Denied),
        ("[remote rejected] (protected branch hook declined)", Denied),
        ("[remote rejected] (deletion of the current branch prohibited)", Denied),
        ("[remote rejected] (unpacker error)", Unavailable),
    ],
)
def test_what_a_refused_ref_means(reason: str, error: type[FairleadError]) -> None:
    other = "!\ty:refs/heads/y\t[rejected] (atomic push failed)"
    lines = f"To x\n!\t{'1' * 40}:refs/heads/x\t{reason}\n{other}\nDone\n"
    assert isinstance(about_push(Answer(1, lines.encode(), ""), "https://x"), error)

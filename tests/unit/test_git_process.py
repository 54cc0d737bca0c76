import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.adapters.git_process import (
    ALLOWED,
    Plumbing,
    check_arguments,
    environment,
    executable,
)
from bot.adapters.git_remote import Remote
from bot.model import Person
from bot.ports import Draft, RefUpdate
from gitops.errors import InvalidInput, Unavailable
from tests.real.git_http import PASSWORD, GitHttp, Login, create

DATE = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A `git` on PATH that a test writes; the real one is found again afterwards."""
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    executable.cache_clear()
    yield script
    executable.cache_clear()


@pytest.mark.parametrize(
    "args",
    [
        ("clone", "x"),
        ("config", "x"),
        ("fetch", "--upload-pack=x"),
        ("fetch", "https://host/a"),
        ("push", "--receive-pack=x"),
        ("push", "--exec", "x"),
        ("ls-tree", "-r", "--format=x", "--end-of-options", "x"),
        ("-c", "core.hooksPath=x"),
    ],
)
def test_commands_and_options_that_are_not_listed_are_a_bug(args: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is not allowed"):
        check_arguments(args)


def test_what_follows_the_end_of_options_is_no_option() -> None:
    check_arguments(("fetch", "--prune", "--end-of-options", "--upload-pack=x"))


def test_gitpython_itself_can_start_nothing(tmp_path: Path) -> None:
    plumbing = Plumbing(create(tmp_path, "x"))
    with pytest.raises(ValueError, match="may not start"):
        plumbing.status()
    with pytest.raises(ValueError, match="may not start"):
        plumbing.log("--output=x")


def test_nothing_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", "touch /tmp/x")
    monkeypatch.setenv("FAIRLEAD_STATE_KEY", "canary")
    variables = environment(Path("/m"), Remote("https://git.example.com/a", Login()))
    assert not {"GIT_SSH_COMMAND", "FAIRLEAD_STATE_KEY", "USER"} & set(variables)
    settings = {
        variables[f"GIT_CONFIG_KEY_{n}"]: variables[f"GIT_CONFIG_VALUE_{n}"]
        for n in range(int(variables["GIT_CONFIG_COUNT"]))
    }
    assert variables["GIT_ALLOW_PROTOCOL"] == "https"
    assert settings["http.followRedirects"] == "false"
    assert settings["core.hooksPath"] == "/dev/null"
    assert not any(key.startswith("protocol.") for key in settings)
    header = [key for key in settings if "extraHeader" in key]
    assert header == ["http.https://git.example.com/.extraHeader"]


def test_the_credential_is_only_where_it_is_needed() -> None:
    assert PASSWORD not in str(environment(Path("/m")))
    assert "Authorization" not in str(environment(None, Remote("https://git.example.com/a")))


@pytest.mark.parametrize("remote", [None, Remote("https://git.example.com/a")])
def test_a_repository_that_opens_other_protocols_to_itself_starts_nothing(
    tmp_path: Path, remote: Remote | None
) -> None:
    directory, other = create(tmp_path, "fleet"), create(tmp_path, "other")
    started, program = tmp_path / "started", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    with (directory / "config").open("a") as config:
        config.write('[protocol "ext"]\nallow = always\n[protocol "file"]\nallow = always\n')

    def fetch(url: str, remote: Remote | None) -> int:
        args = ("fetch", "--quiet", "--end-of-options", url, "+refs/heads/*:refs/heads/*")
        return Plumbing().run(directory, args, remote=remote).status

    assert fetch(f"ext::{program}", remote) != 0
    assert not started.exists()
    assert fetch(other.as_uri(), remote) != 0
    assert fetch(other.as_uri(), Remote(other.as_uri(), plain=True)) == 0


def test_every_child_is_git_with_allowed_arguments_and_no_secret_in_them(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    real = shutil.which("git", path="/usr/bin:/bin")
    stand_in.write_text(
        f'#!/bin/sh\n(echo "$@"; env | grep -v ^GIT_CONFIG_) >> {log}\nexec {real} "$@"\n'
    )
    monkeypatch.setenv("FAIRLEAD_STATE_KEY", "inherited-canary")
    remotes = tmp_path / "remotes"
    with GitHttp(remotes) as server:
        url = server.create("fleet")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        repository = GitRepository(tmp_path / "mirror", url, Login(), plain=True)
        repository.fetch()
        (sha,) = repository.write([Draft((), "m", Person("b", "b@x"), DATE, {"a": b"b"})])
        repository.push([RefUpdate("refs/heads/main", None, sha)])
        assert repository.tree(sha)["a"].data == b"b"
        seen = [headers.get("Authorization") for headers in server.headers_seen]
    assert any(seen)
    said = log.read_text()
    commands = [line.split()[0] for line in said.splitlines() if "=" not in line.split()[0]]
    assert {"fetch", "fast-import", "push", "ls-tree", "cat-file"} <= set(commands) <= set(ALLOWED)
    for secret in (PASSWORD, "inherited-canary", str(seen[-1]).split()[-1]):
        assert secret not in said


def test_git_that_is_too_old_or_absent_is_named(stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text("#!/bin/sh\necho git version 2.37.9\n")
    with pytest.raises(InvalidInput, match=r"git version 2.37.9; merges need 2\.38"):
        GitRepository(tmp_path / "m", "https://git.example.com/a")
    stand_in.write_text("#!/bin/sh\necho git version 2.100.1.windows\n")
    assert executable() == str(stand_in)


def test_no_git_at_all(stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in.unlink()
    monkeypatch.setenv("PATH", str(stand_in.parent))
    with pytest.raises(InvalidInput, match="not found on PATH"):
        GitRepository(tmp_path / "m", "https://git.example.com/a")


def test_a_git_that_never_ends_is_killed_with_its_children(stand_in: Path, tmp_path: Path) -> None:
    children = tmp_path / "pid"
    stand_in.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && exec echo git version 2.39.5\n'
        f"sleep 60 & echo $! > {children}\nwait\n"
    )
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"no end after 0\.5 s"):
        Plumbing().run(None, ("gc",), timeout=0.5)
    assert time.monotonic() - began < 10
    state = Path(f"/proc/{children.read_text().strip()}/stat")
    # A killed process is still there for as long as the kernel takes to end it.
    while _runs(state) and time.monotonic() - began < 10:
        time.sleep(0.01)
    assert not _runs(state)


def test_a_git_that_says_too_much_is_killed(stand_in: Path) -> None:
    stand_in.write_text(
        '#!/bin/sh\n[ "$1" = version ] && exec echo git version 2.39.5\nexec cat /dev/zero\n'
    )
    with pytest.raises(Unavailable, match="more than 1000000 bytes"):
        Plumbing().run(None, ("gc",), limit=1_000_000)


def test_no_descriptor_or_child_is_left(tmp_path: Path) -> None:
    path = create(tmp_path, "x")
    repository = GitRepository(tmp_path / "m", f"file://{path}", plain=True)
    repository.fetch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        repository.fetch()
        repository.commit("1" * 40)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _runs(state: Path) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return state.read_text().split()[2] != "Z"
    except OSError:  # it ended while it was looked at
        return False


@pytest.mark.parametrize("path", ["/nonexistent", os.environ["PATH"]])
def test_check_can_do_without_git(path: str, tmp_path: Path) -> None:
    variables = {**os.environ, "PATH": path}
    words = ("new", str(tmp_path), "--name", "acme", "--yes")
    for each in (words, ("check", str(tmp_path), "--no-render")):
        done = subprocess.run(
            (sys.executable, "-m", "bot.cli", *each),
            env=variables,
            check=False,
            capture_output=True,
        )
        assert (done.returncode, done.stderr) == (0, b"")

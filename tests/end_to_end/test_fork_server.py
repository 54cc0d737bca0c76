"""A verb that is forked does what one that begins from the beginning does."""

import errno
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.end_to_end.clock import ClockFile
from tests.end_to_end.command import Command
from tests.end_to_end.fork_server import ForkServer, Verb

NEW = ("new", "shop", "--name", "shop", "--yes")


@pytest.fixture
def clock(tmp_path: Path) -> ClockFile:
    clock = ClockFile(tmp_path / "clock")
    clock.set(datetime(2026, 9, 1, 9, 30, tzinfo=UTC))
    return clock


def files(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


@pytest.mark.parametrize(
    ("arguments", "code"), [(NEW, 0), (("check", "nowhere"), 2), (("--no-such-flag",), 2)]
)
def test_it_says_and_does_the_same(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    forked, begun = tmp_path / "forked", tmp_path / "begun"
    for each in (forked, begun):
        each.mkdir()
    one = Command(forked)(*arguments, code=code)
    other = Command(begun, installed=True)(*arguments, code=code)
    assert (one.out, one.err) == (other.out, other.err)
    assert files(forked) == files(begun)


def test_each_has_its_own_directory_environment_and_memory(
    tmp_path: Path, clock: ClockFile
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fairlead = Command(tmp_path / name, {"FAIRLEAD_SETTINGS": f"{name}.toml"}, clock)
        assert f"{name}.toml" in fairlead("plan", code=2).err
        fairlead(*NEW)
        assert (tmp_path / name / "shop" / "fleet.yaml").is_file()
    assert "FAIRLEAD_SETTINGS" not in os.environ


def test_what_hangs_is_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "settings.toml"
    os.mkfifo(fifo)
    verb = Verb(None, ("plan", "--settings", str(fifo)), str(tmp_path), dict(os.environ))
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with pytest.raises(TimeoutError):
            ForkServer.own().run(verb, out, err, 1.0)
        deadline = time.monotonic() + 60
        while is_read(fifo):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def is_read(fifo: Path) -> bool:
    """Source: fifo(7)."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        return error.errno != errno.ENXIO
    return True

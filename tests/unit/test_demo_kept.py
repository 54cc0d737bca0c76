"""Where the demo's world lies: gone afterwards, or kept; never half of it."""

import tomllib
from pathlib import Path

import pytest

from bot import settings
from bot.demo.kept import KEY, SETTINGS, place, write_settings
from bot.demo.world import World
from gitops.errors import InvalidInput


def test_a_temporary_place_is_gone_afterwards() -> None:
    with place(None) as world:
        assert not world.exists()
        world.mkdir()
        (world / "file").write_text("x")
    assert not world.parent.exists()


def test_a_kept_place_stays(tmp_path: Path) -> None:
    for keep in (tmp_path / "new" / "deep", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with place(keep) as world:
            assert world == keep
            world.mkdir(parents=True)
            (world / "file").write_text("x")
        assert (keep / "file").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_nothing_not_even_the_directories_above(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def fail() -> None:
        with place(tmp_path / "new" / "deep") as world:
            world.mkdir(parents=True)
            (world / "file").write_text("x")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for keep in (tmp_path, tmp_path / "file"):
        with pytest.raises(InvalidInput, match="is no empty directory"), place(keep):
            pass
    assert (tmp_path / "file").read_text() == "mine"


def test_the_settings_of_a_kept_world_say_what_it_was_made_with(tmp_path: Path) -> None:
    world = World(tmp_path / 'a "quoted" \\ world')
    try:
        write_settings(world)
        file = world.directory / SETTINGS
        assert set(tomllib.loads(file.read_text())) >= {"fleet", "work_directory", "origins"}
        found = settings.read(
            {
                "FAIRLEAD_SETTINGS": str(file),
                "FAIRLEAD_STATE_KEY_FILE": str(world.directory / KEY),
            }
        )
    finally:
        world.close()
    assert found == world.settings

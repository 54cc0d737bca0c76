"""The repository of a stand-in says where branches are while git moves others in it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.stand_ins.bare import BareRepository, Signature

BY = Signature("Ana", "ana@example.com", datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def bare(tmp_path: Path) -> BareRepository:
    """With one branch, `main`."""
    made = BareRepository.new(tmp_path, "fleet")
    made.move("refs/heads/main", commit(made))
    return made


def commit(bare: BareRepository) -> str:
    tree = bare.changed(None, {"a.yaml": ("100644", bare.store(b"a: 1\n"))})
    return bare.write(tree, [], "One\n", BY)


def seen_during(bare: BareRepository, effect: Callable[[], object]) -> list[dict[str, str] | str]:
    """Its branches, or why they could not be told, as often as there was time."""
    over, seen = threading.Event(), list[dict[str, str] | str]()

    def look() -> None:
        while not over.is_set():
            try:
                seen.append(bare.branches())
            except OSError as error:
                seen.append(str(error))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        effect()
    finally:
        over.set()
        looking.join()
    return seen


def test_a_branch_is_told_while_the_directory_of_another_comes_and_goes(
    bare: BareRepository,
) -> None:
    sha = bare.head("main")

    def come_and_go() -> None:
        for _ in range(60):
            bare.move("refs/heads/promote/prod/web/v1", sha)
            bare.move("refs/heads/promote/prod/web/v1", None)

    seen = seen_during(bare, come_and_go)
    assert [told for told in seen if isinstance(told, str) or told.get("main") != sha] == []
    assert seen


def test_every_branch_is_told_while_git_packs_them(bare: BareRepository) -> None:
    sha = commit(bare)
    names = {"main", *(f"b{number}" for number in range(300))}
    for _ in range(4):
        (bare.path / "packed-refs").unlink(missing_ok=True)
        for name in names:
            (bare.path / "refs" / "heads" / name).write_text(f"{sha}\n")
        seen = seen_during(bare, lambda: bare.git("pack-refs", "--all"))
        assert [told for told in seen if told != dict.fromkeys(names, sha)] == []
    assert bare.branches() == dict.fromkeys(names, sha)


def test_a_branch_that_is_made_anew_is_told_where_it_is(bare: BareRepository) -> None:
    first = bare.head("main")
    second = bare.write(bare.git("rev-parse", f"{first}^{{tree}}"), [str(first)], "Two\n", BY)
    for step in (second, None, first):
        bare.move("refs/heads/main", step)
        assert (bare.head("main"), bare.resolve("main")) == (step, step)
    bare.move("refs/heads/main", None)
    bare.move("refs/heads/main/below", second)
    assert bare.head("main") is None
    assert bare.branches() == {"main/below": second}

"""The verb `app-ci`, as it is typed: its page, a dry run, and a repository that is in use."""

from pathlib import Path

import pytest

from tests.end_to_end.command import Command
from tests.end_to_end.page import examples, type_in, write_files

PAYMENTS = ("app-ci", "payments", "--forge", "github", "--path", "fleet", "--out", "payments")
WRITTEN = [
    ".github/workflows/payments-image.yml",
    ".tool-versions",
    "ci/payments/README.md",
    "ci/payments/publish.sh",
    "ci/payments/tags.sh",
]


@pytest.fixture
def fairlead(tmp_path: Path) -> Command:
    """Where the page's files lie."""
    write_files("app-ci.md", tmp_path)
    return Command(tmp_path)


def files(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def test_the_page_shows_what_is_said(tmp_path: Path) -> None:
    write_files("app-ci.md", tmp_path)
    shown = examples("app-ci.md")
    assert len(shown) >= 9
    # One after the other, in one directory: the page tells a story.
    for example in shown:
        assert type_in(example.command, tmp_path) == example.said


def test_a_dry_run_writes_nothing_and_the_real_one_what_it_said(fairlead: Command) -> None:
    before = files(fairlead.directory)
    diff = fairlead(*PAYMENTS, "--dry-run", code=1).out
    assert [path for path in WRITTEN if f"+++ b/{path}\n" in diff] == WRITTEN
    assert fairlead(*PAYMENTS, "--dry-run", "--json", code=1).json()["would_write"] == WRITTEN
    assert files(fairlead.directory) == before
    assert fairlead(*PAYMENTS, "--json").json() == {"written": WRITTEN, "would_write": []}
    after = files(fairlead.directory)
    assert set(after) - set(before) == {f"payments/{path}" for path in WRITTEN}
    assert fairlead(*PAYMENTS, "--dry-run").out == ""
    assert fairlead(*PAYMENTS).out == "nothing to do\n"
    assert files(fairlead.directory) == after


def test_a_repository_in_use_keeps_what_it_has(fairlead: Command) -> None:
    checkout = fairlead.directory / "payments"
    (checkout / "ci/payments").mkdir(parents=True)
    (checkout / "ci/payments/tags.sh").write_text("echo mine\n")
    (checkout / "large").mkdir()
    # What the verb does not write it does not read: this would be refused.
    (checkout / "large/odd\nname").symlink_to("nowhere")
    before = files(fairlead.directory)
    said = fairlead(*PAYMENTS, code=2)
    assert "ci/payments/tags.sh: is there already and says something else" in said.err
    assert files(fairlead.directory) == before
    (checkout / "ci/payments/tags.sh").unlink()
    assert fairlead(*PAYMENTS).out.startswith("created .github/workflows/payments-image.yml\n")


def test_a_link_in_the_way_is_named(fairlead: Command) -> None:
    checkout = fairlead.directory / "payments"
    checkout.mkdir()
    (checkout / ".tool-versions").symlink_to("elsewhere")
    assert (
        ".tool-versions: is there already and says something else"
        in fairlead(*PAYMENTS, code=2).err
    )
    assert [path.name for path in checkout.iterdir()] == [".tool-versions"]

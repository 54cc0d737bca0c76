"""Which commit changed a file last, on histories of every kind; git itself is the judge."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import REFSPECS
from bot.adapters.git_changes import Changes
from bot.adapters.git_mirror import Mirror
from bot.adapters.git_remote import Remote
from gitops.errors import InvalidInput, Unavailable
from tests.real.git_http import create

PATHS = ("a.yaml", "b/a.yaml", "b/c.yaml", "b/:d.yaml", "e f\n.yaml", "\u00fc/g.yaml")
WHEN = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())


def history(seed: int, commits: int) -> bytes:
    """A stream for git fast-import: files come, change, change modes and go; branches merge."""
    chance, out = random.Random(seed), []
    there: dict[int, set[str]] = {0: set()}
    for number in range(1, commits + 1):
        first = max(1, number - chance.choice((1, 1, 1, 2, 3)))
        other = chance.randrange(1, number) if number > 3 and chance.random() < 0.3 else first
        out.append(f"commit refs/heads/main\nmark :{number}\n")
        out.append(f"committer B <b@example.com> {WHEN + number} +0000\ndata 2\nm\n")
        if number > 1:
            out.append(f"from :{first}\n")
        if other != first:
            out.append(f"merge :{other}\n")
        files = set(there[first if number > 1 else 0])
        for path in chance.sample(PATHS, chance.choice((0, 1, 1, 2))):
            name = '"' + path.replace("\n", "\\n") + '"'
            if path in files and chance.random() < 0.3:
                files.discard(path)
                out.append(f"D {name}\n")
                continue
            files.add(path)
            content = f"x: {chance.randrange(3)}\n"
            mode = chance.choice(("100644", "100755"))
            out.append(f"M {mode} inline {name}\ndata {len(content)}\n{content}")
        there[number] = files
    return "".join(out).encode() + b"\ndone\n"


def mirror_of(tmp_path: Path, seed: int, commits: int) -> tuple[Mirror, list[str]]:
    remote = create(tmp_path, "fleet")
    git = ["git", "--git-dir", str(remote)]
    feed = history(seed, commits)
    subprocess.run([*git, "fast-import", "--quiet", "--force"], input=feed, check=True)
    mirror = Mirror(tmp_path / "mirror", Remote(remote.as_uri(), plain=True), timeout=30)
    mirror.fetch(REFSPECS)
    listed = subprocess.run([*git, "rev-list", "main"], check=True, capture_output=True)
    return mirror, listed.stdout.decode().split()


def judged(mirror: Mirror, sha: str, paths: list[str]) -> str | None:
    command = ["git", "--literal-pathspecs", "--git-dir", str(mirror.directory), "rev-list"]
    asked = ["--first-parent", "--max-count=1", sha, "--", *paths]
    done = subprocess.run([*command, *asked], check=True, capture_output=True)
    return done.stdout.decode().strip() or None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("walked", [3, 1000])
def test_it_is_the_commit_that_git_names(tmp_path: Path, seed: int, walked: int) -> None:
    mirror, shas = mirror_of(tmp_path, seed, 25)
    changes, chance = Changes(mirror, walked), random.Random(seed)
    found = set()
    for sha in shas:
        for _ in range(3):
            paths = chance.sample([*PATHS, "never.yaml"], chance.randrange(1, 4))
            named = changes.last(sha, paths)
            assert named == judged(mirror, sha, paths), (sha, paths)
            assert changes.last(sha, paths) == named
            found.add(named)
    assert len(found) > 5


def test_no_path_was_changed_by_nobody(tmp_path: Path) -> None:
    mirror, shas = mirror_of(tmp_path, 0, 5)
    assert Changes(mirror).last(shas[0], ()) is None


def test_a_commit_that_is_not_there_is_told(tmp_path: Path) -> None:
    mirror, _ = mirror_of(tmp_path, 0, 2)
    with pytest.raises(Unavailable):
        Changes(mirror).last("0123456789" * 4, ("a.yaml",))
    with pytest.raises(InvalidInput):
        Changes(mirror).last("main", ("a.yaml",))

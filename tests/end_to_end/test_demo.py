"""`fairlead demo`, as its user starts it: alone in an empty environment, held to loopback."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from gitops.directory import read_directory
from gitops.tree import Tree
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

# Importing the conftest hangs its audit hook into the child: reaching beyond loopback is an error.
HELD = "import tests.conftest, bot.cli; bot.cli.main()"

KEY_LINES = (
    "1. A fleet with three apps, all just added",
    "  $ fairlead status",
    "    payments  unreleased (planned)  unreleased (planned)  unreleased (planned)",
    "2. A merge to main deploys dev",
    "  -> commit payments main-",
    "    +    newTag: main-",
    "  $ fairlead why checkout dev",
    "      built: waits: no image",
    "  -> commit checkout main-",
    "3. The tag v1.0-rc.1 proposes stage",
    "  -> open promote/stage/payments/v1.0-rc.1",
    "    +    newTag: v1.0-rc.1",
    "    ### Gates",
    "  $ fairlead forge approve 1",
    "  -> merge !1 at",
    "4. The tag v1.0 proposes prod, and waits",
    "      proven: waits: no proof of commit",
    "soaked for",
    "  -> open promote/prod/payments/v1.0",
    "`0 of 2 approvals`; `may approve: cy, di, finn, gus`",
    "      approved: waits: 0 of 2 approvals",
    "      window: waits: outside its windows (Mon-Thu 09:00-16:00 UTC)",
    "5. Two people who did not make it must agree",
    "      approved: waits: 1 of 2 approvals (cy); not counted: eve is a maker of the release",
    "      approved: open (approved by cy, di)",
    "      window: waits: outside its windows",
    "6. The window opens",
    "  -> merge !5 at",
    "    checkout  main-",
    "    podinfo   6.9.0 (done)                       6.9.0 (done)      6.9.0 (done)",
    "7. What runs where, as the clusters report it",
    "    IMAGE                 dev-1         stage-1       prod-eu       prod-us",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An environment with nothing in it but an empty HOME and an empty place for what is brief."""

    home: Path
    temporary: Path

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary)}

    @property
    def left_behind(self) -> list[str]:
        return [str(path) for where in (self.home, self.temporary) for path in where.iterdir()]


def empty_surroundings(where: Path) -> Surroundings:
    found = Surroundings(where / "home", where / "tmp")
    found.home.mkdir()
    found.temporary.mkdir()
    return found


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    return empty_surroundings(tmp_path)


def demo(surroundings: Surroundings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HELD, "demo", *arguments],
        cwd=ROOT,
        env=surroundings.variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_story_is_told_to_its_end_and_nothing_is_left(
    surroundings: Surroundings, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    told = demo(surroundings)
    with capsys.disabled():
        print(f" [the demo took {time.monotonic() - started:.1f} s]", end="")
    assert (told.returncode, told.stderr) == (0, "")
    assert surroundings.left_behind == []
    assert_in_order(told.stdout)
    assert_stage_and_prod_run_the_same(told.stdout)
    too_wide = [n for n in told.stdout.splitlines() if len(n) > 100 and "file://" not in n]
    assert too_wide == []
    assert "\x1b" not in told.stdout
    assert "\r" not in told.stdout
    assert_readme(told.stdout)


def assert_in_order(output: str) -> None:
    position = 0
    for line in KEY_LINES:
        found = output.find(line, position)
        assert found >= 0, f"{line!r} is not told, or not in its turn:\n{output[position:]}"
        position = found + len(line)


def assert_stage_and_prod_run_the_same(output: str) -> None:
    rows = output[output.index("    IMAGE ") :].partition("\n\n")[0].splitlines()[1:]
    assert len(rows) == 4
    for row in rows:
        _, _, stage, prod_eu, prod_us = row.split()
        assert stage == prod_eu == prod_us


# --- the README -----------------------------------------------------------------------------------


def for_the_readme(output: str) -> str:
    """The output as the README shows it.

    From chapter 2 on: the chapters' heads, commands, what Fairlead did (but not which branches it
    deleted, nor what it wrote on merge requests), versions that changed, gates that wait, and the
    tables at the end. The registry's port, and the commits and identities that follow from it, are
    replaced: they differ by run.
    """
    kept = [re.compile(r"\d\. "), re.compile(r"  (\$|->) (?!delete branch|say |describe )")]
    kept += [re.compile(r"    [-+] +(newTag|digest):"), re.compile(r" +[a-z]+: waits: ")]
    lines: list[str] = []
    folded = table = False
    for line in output[output.index("\n2. ") + 1 :].splitlines():
        table = bool(line) and (table or line.startswith(("    IMAGE", "    APP")))
        shown = any(pattern.match(line) for pattern in kept)
        folded = " waits: " in line if shown else folded and line.startswith("        ")
        if shown or folded or table:
            lines += ["", line] if re.match(r"\d\. ", line) and lines else [line]
    text = "\n".join(lines)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:5000", text)
    text = re.sub(r"(--head |merge !\d+ at )[0-9a-f]{12}", r"\g<1>0123456789ab", text)
    return re.sub(r"(main-[0-9a-f]{12}-)[0-9a-f]{8}\b", r"\g<1>01234567", text)


def assert_readme(output: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- demo:begin -->\n")[2].partition("<!-- demo:end -->")[0]
    expected = f"```text\n{for_the_readme(output)}\n```\n"
    assert shown == expected, f"put this between the README's markers:\n{expected}"


# --- --keep ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A world that a demo left, and what that demo told."""

    surroundings: Surroundings
    directory: Path
    told: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    found = empty_surroundings(tmp_path_factory.mktemp("kept"))
    directory = found.home / "new" / "a world"
    told = demo(found, "--keep", str(directory))
    assert (told.returncode, told.stderr) == (0, "")
    assert list(found.temporary.iterdir()) == []
    assert_in_order(told.stdout)
    return Kept(found, directory, told.stdout)


def test_every_command_that_is_printed_for_a_kept_world_works(kept: Kept) -> None:
    last = kept.told[kept.told.index("8. What stays") :]
    lines = [line.strip() for line in last.splitlines() if re.match(r"  [^\s#]", line)]
    assert len(lines) == 9
    # The command is on nobody's PATH here, so that how it is printed must do for itself.
    variables = kept.surroundings.variables | {"PATH": "/usr/bin:/bin"}
    said = ""
    for line in lines:
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            variables[name] = value
            continue
        ran = subprocess.run(
            line, shell=True, env=variables, cwd=ROOT, capture_output=True, text=True, check=False
        )
        said += ran.stdout
        expected = 4 if {"status", "why"} & set(words) else 0
        assert ran.returncode == expected, (line, ran.stdout, ran.stderr)
    assert "!5 merged Promote payments v1.0 to prod" in said
    assert "!5 merged: Promote payments v1.0 to prod" in said
    assert "Merge !5: Promote payments v1.0 to prod" in said
    assert "proof: payments in prod: v1.0, soaked at 2026-03-04" in said
    assert re.search(r"\npayments +main-\S+ \(done\) +v1.0-rc.1 \(done\) +v1.0 \(done\)\n", said)
    assert "payments in prod: done" in said


def test_the_fleet_is_what_the_printed_commands_write(kept: Kept) -> None:
    lines = re.sub(r" \\\n +", " ", kept.told).splitlines()
    asked = [line for line in lines if re.match(r"  \$ fairlead (new|add)", line)]
    assert len(asked) == 4
    by_hand = kept.surroundings.home / "by hand"
    by_hand.mkdir()
    for line in asked:
        words = shlex.split(line.strip().removeprefix("$ fairlead ").removesuffix(" && cd acme"))
        path = ["--path", "acme"] if words[0] == "add" else []
        subprocess.run(
            [sys.executable, "-m", "bot.cli", *words, *path],
            cwd=by_hand,
            env=kept.surroundings.variables | {"PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
    fleet = GitRepository(
        kept.surroundings.home / "mirror.git", (kept.directory / "fleet.git").as_uri(), plain=True
    )
    fleet.fetch()
    head = fleet.head("main")
    assert head is not None
    first = fleet.first_parents(head)[-1]
    typed = read_directory(by_hand / "acme")
    # What was typed is kept for `fairlead update`; the demo's fleet is made without typing.
    records = typed.below(".fairlead/scaffold")
    assert len(records) == len(asked)
    assert fleet.tree(first.sha) == Tree({p: f for p, f in typed.items() if p not in records})


def test_a_directory_that_holds_something_is_refused_and_left_alone(
    surroundings: Surroundings,
) -> None:
    mine = surroundings.home / "mine"
    mine.mkdir()
    (mine / "letter").write_text("dear")
    told = demo(surroundings, "--keep", str(mine))
    assert told.returncode == 2
    assert told.stdout == ""
    assert "is no empty directory" in told.stderr
    assert [path.name for path in mine.iterdir()] == ["letter"]


# --- the reader goes away -------------------------------------------------------------------------


@pytest.fixture
def under_way(surroundings: Surroundings) -> Iterator[subprocess.Popen[str]]:
    """A demo that has come as far as its second chapter."""
    with subprocess.Popen(
        [sys.executable, "-c", HELD, "demo"],
        cwd=ROOT,
        env=surroundings.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A group of its own, as a shell gives it, so that ^C meets its children too.
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("2. "):
            assert process.poll() is None
        yield process
        process.kill()


def test_an_interrupt_leaves_nothing_behind(
    under_way: subprocess.Popen[str], surroundings: Surroundings
) -> None:
    os.killpg(under_way.pid, signal.SIGINT)
    _, said = under_way.communicate(timeout=300)
    assert under_way.returncode == 130
    assert "this is a bug" not in said
    assert surroundings.left_behind == []


def test_a_reader_who_closes_the_pipe_leaves_nothing_behind(
    under_way: subprocess.Popen[str], surroundings: Surroundings
) -> None:
    assert under_way.stdout is not None
    under_way.stdout.close()
    assert under_way.wait(timeout=300) != 0
    assert surroundings.left_behind == []

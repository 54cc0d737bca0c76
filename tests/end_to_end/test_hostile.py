"""Hostile files, names and patterns, against the verbs that anybody points at anything.

Each verb runs as a process of its own that may take only so much memory and time; beyond that the
kernel ends it, and the test with it. What it says is looked through for whatever a terminal obeys.
"""

import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.hostile_yaml import BOMBS, GOOD, NO_VERSIONS

FAIRLEAD = Path(sysconfig.get_path("scripts")) / "fairlead"
MEMORY = 300 << 20
"""Bytes of a process's own data (RLIMIT_DATA), Python and its libraries included."""
LITTLE = 100 << 20
SECONDS = 60
"""Of CPU; most take less than one. A machine that others keep busy changes nothing in it."""
LIBC = ctypes.CDLL(None)
# Source: linux/prctl.h and linux/capability.h.
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
IMAGE = "ghcr.io/acme/shop"


@dataclass(frozen=True)
class Said:
    """How a verb ended and what it said, undecodable bytes as surrogates."""

    code: int
    out: str
    err: str

    @property
    def harmless(self) -> bool:
        """Whether a terminal would show it all and obey nothing of it."""
        return all(c.isprintable() or c == "\n" for c in self.out + self.err)


def fairlead(
    *arguments: str | bytes,
    at: Path,
    tags: bytes = b"",
    memory: int = MEMORY,
    seconds: int = SECONDS,
    humble: bool = False,
) -> Said:
    """Run a verb in a directory, within limits; `humble` as one whom permissions bind."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if humble and os.geteuid() == 0:
            # Another user might not be let in where Python is installed.
            for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
                if LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                    os._exit(99)

    ended = subprocess.run(
        [FAIRLEAD, *arguments],
        cwd=at,
        input=tags,
        capture_output=True,
        preexec_fn=limit,
        timeout=10 * SECONDS,
        check=False,
    )
    out, err = (text.decode(errors="surrogateescape") for text in (ended.stdout, ended.stderr))
    assert ended.returncode in {0, 1, 2}, (ended.returncode, err[-2000:])
    assert "Traceback" not in err
    return Said(ended.returncode, out, err)


def survey(at: Path, **limits: Any) -> Any:
    said = fairlead("sites", ".", "--json", at=at, **limits)
    assert said.code == 0
    return json.loads(said.out)


@pytest.fixture
def fleet() -> Iterator[Path]:
    """A directory with one good file, `good.yaml`; everybody may read it and write there."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "fleet"
        root.mkdir()
        for path in (root.parent, root):
            path.chmod(0o777)
        (root / "good.yaml").write_text(GOOD)
        yield root


def good_is_found(found: Any) -> bool:
    return any(site["path"].endswith("good.yaml") for site in found["sites"])


# --- YAML ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_named_or_read_and_stops_nothing_else(fleet: Path, bomb: str) -> None:
    text = BOMBS[bomb]()
    (fleet / "bomb.yaml").write_text(text)
    found = survey(fleet)
    assert good_is_found(found)
    listed = [each["path"] for each in (*found["sites"], *found["skipped"])]
    assert ("bomb.yaml" in listed) == (bomb not in NO_VERSIONS)
    said = fairlead("bump", IMAGE, "v1.1", ".", "--dry-run", at=fleet)
    assert (said.code, "good.yaml" in said.out) == (1, True) or (said.code, said.out) == (2, "")
    assert (fleet / "bomb.yaml").read_text() == text
    assert (fleet / "good.yaml").read_text() == GOOD


def test_a_sparse_gigabyte_is_not_read(fleet: Path) -> None:
    with (fleet / "big.yaml").open("wb") as file:
        file.truncate(1 << 30)
    found = survey(fleet, memory=LITTLE, seconds=20)
    assert good_is_found(found)
    (skipped,) = found["skipped"]
    assert (skipped["path"], "larger than" in skipped["reason"]) == ("big.yaml", True)
    said = fairlead("bump", IMAGE, "v1.1", ".", at=fleet, memory=LITTLE, seconds=20)
    assert (said.code, "big.yaml" in said.err) == (2, True)
    assert (fleet / "good.yaml").read_text() == GOOD
    (fleet / "big.yaml").rename(fleet / "big.bin")
    assert fairlead("bump", IMAGE, "v1.1", ".", at=fleet, memory=LITTLE, seconds=20).code == 0


# --- files that are none ------------------------------------------------------------------------


def test_symlinks_are_named_and_never_followed(fleet: Path) -> None:
    outside = fleet.parent / "outside.yaml"
    outside.write_text(GOOD)
    targets = {
        "outside.yaml": str(outside),
        "relative.yaml": "../outside.yaml",
        "passwd.yaml": "/etc/passwd",
        "zero.yaml": "/dev/zero",
        "self.yaml": "self.yaml",
        "nowhere.yaml": "nowhere",
        "loop": ".",
        "up": "..",
        "root": "/",
    }
    for name, target in targets.items():
        (fleet / name).symlink_to(target)
    found = survey(fleet, memory=LITTLE, seconds=20)
    assert [site["path"] for site in found["sites"]] == ["good.yaml"]
    named = {skipped["path"] for skipped in found["skipped"]}
    # A directory below is read where it lies; one elsewhere is not, and that is said.
    assert named == {*targets} - {"loop"}
    fairlead("bump", IMAGE, "v1.1", ".", at=fleet, memory=LITTLE, seconds=20)
    assert outside.read_text() == GOOD
    assert all((fleet / name).is_symlink() for name in targets)


def test_a_kustomization_reaches_nothing_outside(fleet: Path) -> None:
    (fleet.parent / "outside.yaml").write_text(GOOD)
    (fleet / "kustomization.yaml").write_text(
        "resources: [../outside.yaml, /etc/passwd, ../../../../../etc/passwd, good.yaml, '']\n"
        "components: [../, /]\npatches: [{path: ../outside.yaml}]\n"
        "images: [{name: ghcr.io/acme/shop, newTag: v1.0}]\n"
    )
    found = survey(fleet)
    assert {site["path"] for site in found["sites"]} == {"good.yaml", "kustomization.yaml"}
    assert fairlead("bump", IMAGE, "v1.1", ".", at=fleet).code == 0
    assert (fleet.parent / "outside.yaml").read_text() == GOOD
    assert "v1.1" in (fleet / "good.yaml").read_text()


def test_pipes_sockets_and_directories_named_yaml_block_nothing(fleet: Path) -> None:
    os.mkfifo(fleet / "pipe.yaml")
    (fleet / "directory.yaml").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        # A socket's address must be short, so it is bound from beside it.
        descriptor = os.open(fleet, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{descriptor}/socket.yaml")
        os.close(descriptor)
        assert good_is_found(survey(fleet, seconds=20))
        assert fairlead("bump", IMAGE, "v1.1", ".", at=fleet, seconds=20).code == 0
    for named in ("pipe.yaml", "nowhere", "pipe.yaml/x", "/dev/zero", "\n\x1b[2J"):
        said = fairlead("sites", named, at=fleet, seconds=20)
        assert (said.code, said.harmless) == (2, True)


def test_an_unreadable_file_is_named_and_moved_by_nobody(fleet: Path) -> None:
    (fleet / "secret.yaml").write_text(GOOD)
    (fleet / "secret.yaml").chmod(0)
    found = survey(fleet, humble=True)
    assert good_is_found(found)
    (skipped,) = found["skipped"]
    assert (skipped["path"], "Permission denied" in skipped["reason"]) == ("secret.yaml", True)
    said = fairlead("bump", IMAGE, "v1.1", ".", at=fleet, humble=True)
    assert (said.code, "secret.yaml" in said.err) == (2, True)
    assert (fleet / "good.yaml").read_text() == GOOD
    (fleet / "secret.yaml").chmod(0o666)
    assert fairlead("bump", IMAGE, "v1.1", "secret.yaml", at=fleet, humble=True).code == 0


def test_an_unreadable_directory_is_named(fleet: Path) -> None:
    (fleet / "apps").mkdir(mode=0o700)
    (fleet / "apps").chmod(0)
    found = survey(fleet, humble=True)
    assert good_is_found(found)
    told = "is a directory that cannot be read (Permission denied)"
    assert [(s["path"], s["reason"]) for s in found["skipped"]] == [("apps", told)]
    # What nobody can see is no part of all or nothing.
    said = fairlead("bump", IMAGE, "v1.1", ".", at=fleet, humble=True)
    assert (said.code, "apps: " in said.err, told in said.err) == (2, True, True)
    assert (fleet / "good.yaml").read_text() == GOOD
    said = fairlead("sites", "apps", at=fleet, humble=True)
    assert (said.code, "'apps' is not readable" in said.err) == (2, True)
    (fleet / "apps").chmod(0o755)
    assert survey(fleet, humble=True)["skipped"] == []
    assert fairlead("bump", IMAGE, "v1.1", ".", at=fleet, humble=True).code == 0


@pytest.mark.slow
def test_a_hundred_thousand_empty_files(fleet: Path) -> None:
    for number in range(100_000):
        (fleet / f"{number}.yaml").touch()
    assert good_is_found(survey(fleet))


def test_a_directory_deeper_than_any_stack(fleet: Path) -> None:
    deep = "deep/" * 780
    within = os.open(fleet, os.O_RDONLY)
    for _ in range(780):
        os.mkdir("deep", dir_fd=within)
        below = os.open("deep", os.O_RDONLY, dir_fd=within)
        os.close(within)
        within = below
    os.close(within)
    Path(f"{fleet}/{deep}x.yaml").write_text(GOOD)
    assert len(survey(fleet, memory=LITTLE)["sites"]) == 2
    # What cleans up afterwards may be recursive.
    subprocess.run(["rm", "-rf", fleet / "deep"], check=True)


# --- names --------------------------------------------------------------------------------------

NAMES = [
    *[
        b"\x1b[2J\x1b]0;title\x07.yaml",
        b"\xff\xfe.yaml",
        "\u202etxt.yaml".encode(),
        b"\x7f\x9b.yaml",
    ],
    *[b"$(touch pwned).yaml", b"`touch pwned`.yaml", b"; touch pwned;.yaml", b"| touch pwned.yaml"],
    *[b"-rf.yaml", b"--help.yaml", b"--json.yaml", b"~.yaml", b"*.yaml", b" .yaml", b"a b.yaml"],
    *[
        b"<script>.yaml",
        b"**bold**.yaml",
        b"[a](b).yaml",
        b"a'b\"c.yaml",
        b"%s%n.yaml",
        b"{0}.yaml",
    ],
]
ODD = [b"line\nbreak.yaml", b"carriage\rreturn.yaml", b"back\\slash.yaml"]


def test_names_of_files_are_shown_and_nothing_more(fleet: Path) -> None:
    for name in (*NAMES, *ODD):
        Path(os.fsdecode(os.fsencode(fleet) + b"/" + name)).write_text(GOOD)
    found = survey(fleet)
    assert len(found["sites"]) == len(NAMES) + 1
    paths = {os.fsencode(site["path"]) for site in found["sites"]}
    assert paths == {*NAMES, b"good.yaml"}
    assert {os.fsencode(skipped["path"]) for skipped in found["skipped"]} == set(ODD)
    said = fairlead("sites", at=fleet)
    assert said.harmless
    assert len(said.out.splitlines()) == len(NAMES) + 1
    refused = fairlead("bump", IMAGE, "v1.1", ".", at=fleet)
    assert (refused.code, refused.harmless) == (2, True)
    for name in ODD:
        Path(os.fsdecode(os.fsencode(fleet) + b"/" + name)).unlink()
    moved = fairlead("bump", IMAGE, "v1.1", ".", at=fleet)
    assert (moved.code, moved.harmless) == (0, True)
    assert "v1.0" not in "".join(path.read_text() for path in fleet.iterdir())
    assert not list(fleet.glob("**/pwned*"))


VALUES = [
    *["\\e[2J\\e]0;x\\a", "\\u202e", "\\x9b2J", "\\r", "\\n- image: x", "$(touch pwned)"],
    *["`touch pwned`", "**b** [x](y) <b>", "%s%n", "{0}", "\\U0001F6A2", "\\0", "::set-output::"],
]


def test_values_are_shown_and_nothing_more(fleet: Path) -> None:
    for number, value in enumerate(VALUES):
        text = GOOD.replace("shop:v1.0", f"shop{number}:v1.0{value}").replace("name: x", value)
        quoted = text.replace("'", '"').replace(f"{{{value}}}", f'{{name: "{value}"}}')
        (fleet / f"{number}.yaml").write_text(quoted)
    found = survey(fleet)
    assert good_is_found(found)
    assert fairlead("sites", at=fleet).harmless
    dry = fairlead("bump", IMAGE, "v1.1", ".", "--dry-run", at=fleet)
    assert dry.harmless
    assert not list(fleet.glob("**/pwned*"))


ARGUMENTS = [
    *["", "-", "--", "\x1b[2J", "$(touch pwned)", "../../x", "a" * 100_000, "a/" * 50_000, "\n"],
    *[
        "*",
        "(" * 1000,
        "\u202e",
        "é",
        "-x",
        "ghcr.io/acme/shop:v1",
        "https://u:p@h/x?y#z",
        "\udcff",
    ],
]


@pytest.mark.parametrize("text", ARGUMENTS, ids=lambda text: ascii(text[:12]))
def test_names_and_versions_from_strangers_change_nothing(fleet: Path, text: str) -> None:
    name = fairlead("bump", "--", text, "v1.1", ".", at=fleet, memory=LITTLE, seconds=20)
    assert (name.code, name.harmless) == (2, True)
    version = fairlead("bump", "--", IMAGE, text, ".", at=fleet, memory=LITTLE, seconds=20)
    assert (version.code, version.harmless) == (2, True)
    kind = fairlead("bump", IMAGE, "v1.1", f"--kind={text}", at=fleet, memory=LITTLE, seconds=20)
    assert (kind.code, kind.harmless) == (2, True)
    assert (fleet / "good.yaml").read_text() == GOOD
    assert not list(fleet.parent.glob("**/pwned*"))


# --- tags ---------------------------------------------------------------------------------------

TRICKS = [
    *["$(touch pwned)", "`touch pwned`", "; touch pwned", "| touch pwned", "&& touch pwned"],
    *[
        "<script>alert(1)</script>",
        "[x](javascript:y)",
        "**b**",
        "![x](y)",
        "| a | b |",
        "@everyone",
    ],
    *[
        "\x1b[2J",
        "\x1b]0;t\x07",
        "\x9b2J",
        "\r",
        "\u202e1.0.0",
        "\u2028",
        "%s%n",
        "{0}",
        "../..",
        "-x",
    ],
]


def test_names_of_tags_are_shown_and_nothing_more(tmp_path: Path) -> None:
    tags = "\n".join((*TRICKS, "1.0.0")).encode() + b"\n\xff\xfe\n"
    said = fairlead("tags", "--semver", ">=0.1", at=tmp_path, tags=tags)
    assert (said.code, said.harmless) == (0, True)
    assert said.out.startswith("picked 1.0.0\n")
    picked = fairlead("tags", "--alphabetical", "asc", at=tmp_path, tags=tags)
    assert (picked.code, picked.harmless) == (0, True)
    assert (
        json.loads(fairlead("tags", "--semver", "*", "--json", at=tmp_path, tags=tags).out)[
            "picked"
        ]
        == "1.0.0"
    )
    assert list(tmp_path.iterdir()) == []


SLOW = [
    *["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){25}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a*)*b"],
    *["(?:a?){500}a{500}", "((a{0,30}){0,30}){0,30}b", "(x+x+)+y", ".*.*.*.*.*=$"],
]


@pytest.mark.parametrize("pattern", SLOW)
def test_no_pattern_takes_more_than_linear_time(tmp_path: Path, pattern: str) -> None:
    tags = b"".join(b"a" * 120 + b"!%d\n" % number for number in range(2_000))
    said = fairlead(
        "tags", "--alphabetical", "asc", "--filter", pattern, at=tmp_path, tags=tags, seconds=30
    )
    # Refused, or run to the end: what matters is that it ends.
    assert said.harmless


RANGES = [
    *["1 || " * 20_000 + "2", ">" * 100_000, ">=1, " * 20_000 + "<2", "1" * 100_000, "1." * 50_000],
    *[
        "*" * 100_000,
        " " * 100_000,
        "1 - " * 30_000,
        "(" * 100_000,
        "1.0.0-" + "a-" * 50_000,
        "^~" * 9,
    ],
]


@pytest.mark.parametrize("text", RANGES, ids=lambda text: text[:8])
def test_no_range_takes_more_than_it_weighs(tmp_path: Path, text: str) -> None:
    tags = b"".join(b"1.0.%d\n" % number for number in range(200))
    said = fairlead("tags", "--semver", text, at=tmp_path, tags=tags, seconds=30)
    assert said.harmless


@pytest.mark.parametrize(
    "template", ["$" * 50_000, "${" * 30_000, "$x" * 30_000, "${x}" * 30_000, "$1$1" * 20_000]
)
def test_no_template_takes_more_than_it_weighs(tmp_path: Path, template: str) -> None:
    arguments = ["--numerical", "asc", "--filter", "(?P<x>1)", "--extract", template]
    said = fairlead("tags", *arguments, at=tmp_path, tags=b"1\n" * 500, seconds=30)
    assert said.harmless


# --- the limits themselves ----------------------------------------------------------------------


def within(program: Sequence[str], limit: Callable[[], None]) -> int:
    return subprocess.run(program, preexec_fn=limit, capture_output=True, check=False).returncode


def test_the_limits_hold() -> None:
    """Or else every test of this module would pass on a verb that takes all there is."""

    def memory() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (LITTLE, LITTLE))

    def time() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))

    assert within([sys.executable, "-c", "bytearray(10 << 20)"], memory) == 0
    assert within([sys.executable, "-c", "bytearray(200 << 20)"], memory) == 1
    assert within([sys.executable, "-c", "pass"], time) == 0
    assert within([sys.executable, "-c", "while True: pass"], time) < 0

"""The verb `tags`, as it is typed: what it says, how it ends, and what a long list costs."""

import json
import os
import resource
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.registry import DemoRegistry
from tests.end_to_end.page import SCRIPTS, TIMEOUT, Example, examples, type_in
from tests.unit.oci_stand_in import Asked, Said, Script, StandIn

MEMORY = 300 << 20
"""Bytes of the process's own data (RLIMIT_DATA)."""


def run(
    *arguments: str, tags: bytes = b"", code: int = 0, settings: Path | None = None
) -> tuple[str, str]:
    said = subprocess.run(
        [f"{SCRIPTS}/fairlead", "tags", *arguments],
        input=tags,
        capture_output=True,
        env=os.environ if settings is None else {**os.environ, "FAIRLEAD_SETTINGS": str(settings)},
        timeout=TIMEOUT,
        check=False,
    )
    assert said.returncode == code, said
    return said.stdout.decode(), said.stderr.decode()


def answer(*arguments: str, tags: bytes = b"", code: int = 0) -> Any:
    out, err = run(*arguments, "--json", tags=tags, code=code)
    assert err == ""
    return json.loads(out)


@pytest.mark.parametrize("example", examples("tags.md"))
def test_the_page_shows_what_is_said(example: Example, tmp_path: Path) -> None:
    assert type_in(example.command, tmp_path) == example.said


def test_json_is_what_is_promised() -> None:
    assert answer("--semver", ">=1", tags=b"1.0.0\nlatest\n\n1.0.0\r\n") == {
        "picked": "1.0.0",
        "passed_over": [{"tag": "latest", "reason": "not a version"}],
    }
    assert answer("-", "--numerical", "desc", tags=b"", code=1) == {
        "picked": None,
        "passed_over": [],
    }
    assert "accident" in answer("--semver", ">=1-0", tags=b"v1.0-rc.1")["flux"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "fairlead: no policy; say one of --semver"),
        (["--semver", "1", "--numerical", "asc"], "more than one policy; say one of --semver"),
        (["--semver", "", "--numerical", "asc"], "more than one policy; say one of --semver"),
        (["--semver", ">>1"], "is no range"),
        (["--semver", ""], "is no range"),
        (["--alphabetical", "up"], "write asc or desc"),
        (["--numerical", ""], "write asc or desc"),
        (["--numerical", "asc", "--filter", "("], "cannot be run"),
        (["--numerical", "asc", "--extract", "$1"], "say --filter"),
        (["--numerical", "asc", "--filter", "(?P<n>.*)", "--extract", "$m"], "it has $n"),
        (["--numerical", "asc", "--filter", "(.*)", "--extract", "$2"], "no group '2'"),
        (["--numerical", "asc", "--filter", "(?P<n>.*)", "--extract", "$n_1"], "braces end a name"),
        (["https://ghcr.io/a/b", "--numerical", "asc"], "without scheme, tag and digest"),
        (["ghcr.io/a/b:1.0", "--numerical", "asc"], "without scheme, tag and digest"),
        (["GHCR.io/A/b", "--numerical", "asc"], "write it in small letters: ghcr.io/a/b"),
        (["GHCR.io/../b", "--numerical", "asc"], "without scheme, tag and digest"),
        (["ghcr.io/../b", "--numerical", "asc"], "without scheme, tag and digest"),
        (["https://charts.example.com", "--semver", "1"], "say --chart NAME"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], words: str) -> None:
    out, err = run(*arguments, code=2)
    assert (out, len(err.splitlines())) == ("", 1)
    assert words in err


def test_a_closed_standard_input_is_no_bug() -> None:
    said = subprocess.run(
        ["/bin/sh", "-c", f"exec {SCRIPTS}/fairlead tags --semver 1 <&-"],
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert said.returncode == 2
    assert said.stderr == b"fairlead: standard input is closed; give an image, or one tag a line\n"


def test_a_byte_order_mark_is_no_part_of_the_first_tag() -> None:
    assert answer("--semver", ">=1", tags=b"\xef\xbb\xbf1.0.0\n") == {
        "picked": "1.0.0",
        "passed_over": [],
    }
    again = answer("--semver", ">=1", tags=b"1.0.0\n\xef\xbb\xbf1.1.0\n")
    assert [each["tag"] for each in again["passed_over"]] == ["\ufeff1.1.0"]


def test_what_is_no_list_of_tags_is_refused() -> None:
    assert "line 2: longer than" in run("--semver", "1", tags=b"1\n" + b"a" * 5000, code=2)[1]
    assert "more than 1000000" in run("--semver", "1", tags=b"1\n" * 1_000_001, code=2)[1]


def test_hostile_names_reach_no_terminal() -> None:
    tags = b"\x1b[2J1.0.0\n\xff\xfe\n$(touch x)\n\xe2\x80\xae9.9.9\n1.0.0"
    out, _ = run("--semver", "1", tags=tags)
    assert out.startswith("picked 1.0.0\n")
    assert "passed over $(touch x): not a version\n" in out
    assert not set(out) & set("\x1b\u202e")
    assert len(answer("--semver", "1", tags=tags)["passed_over"]) == 4
    assert answer("--alphabetical", "asc", tags=b"a\n\xff")["picked"] == "\udcff"


def listed(directory: Path, server: StandIn | DemoRegistry) -> Path:
    """Settings that list a server on loopback, without a login."""
    settings = directory / "settings.toml"
    settings.write_text(f'[[origins]]\nurl = "{server.url}"\nprivate = true\n')
    return settings


@pytest.fixture
def registry() -> Iterator[DemoRegistry]:
    with DemoRegistry() as registry:
        for tag in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
            registry.push_image("acme/shop", tag)
        yield registry


def test_an_image_is_asked_for_at_its_registry(registry: DemoRegistry, tmp_path: Path) -> None:
    image = f"{registry.host}/acme/shop"
    settings = listed(tmp_path, registry)
    out, _ = run(image, "--semver", ">=1", "--settings", str(settings))
    assert out.splitlines()[0] == "picked 1.1.0"
    assert "not there" in run(f"{image}s", "--semver", ">=1", code=1, settings=settings)[1]


def test_a_registry_that_is_not_listed_is_not_asked_in_plain_text(registry: DemoRegistry) -> None:
    _, err = run(f"{registry.host}/acme/shop", "--semver", ">=1", code=5)
    assert "https" in err or "private" in err


def test_standard_input_that_takes_long_is_counted_on_a_terminal() -> None:
    leader, follower = os.openpty()
    with (
        os.fdopen(leader, "rb", buffering=0) as terminal,
        subprocess.Popen(
            [f"{SCRIPTS}/fairlead", "tags", "--semver", "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=follower,
        ) as process,
    ):
        os.close(follower)
        assert process.stdin
        process.stdin.write(b"1.0.0\n1.1.0\n")
        process.stdin.flush()
        assert select.select([terminal], [], [], TIMEOUT)[0]
        said = terminal.read(1000)
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0
    assert b"fairlead: reading tags from standard input ... 2 lines" in said


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def but_progress(stderr: bytes) -> list[str]:
    """What was said, without what is said now and then on a busy machine."""
    return [line for line in stderr.decode().splitlines() if " ..." not in line]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["--semver", ">=1.0.0-0"],
        ["--semver", "~1.2", "--json"],
        ["--alphabetical", "desc"],
        ["--numerical", "asc", "--filter", r"^v[0-9.]+-rc\.([0-9]+)$", "--extract", "$1"],
    ],
)
def test_a_million_tags_take_little_memory(arguments: list[str], tmp_path: Path) -> None:
    file = tmp_path / "tags"
    file.write_text("".join(f"v{n % 97}.{n % 1009}.{n}-rc.{n % 13}\n" for n in range(1_000_000)))
    with file.open("rb") as tags, (tmp_path / "out").open("wb") as out:
        ended = subprocess.run(
            [f"{SCRIPTS}/fairlead", "tags", *arguments],
            stdin=tags,
            stdout=out,
            stderr=subprocess.PIPE,
            preexec_fn=_bounded,
            timeout=TIMEOUT,
            check=False,
        )
    assert not but_progress(ended.stderr)
    assert ended.returncode in {0, 1}
    if "--json" in arguments:
        assert len(json.loads((tmp_path / "out").read_bytes())["passed_over"]) == 1_000_000


def at_once(tags: list[str]) -> Script:
    body = json.dumps({"name": "acme/shop", "tags": tags}).encode()
    return lambda _: Said(200, body)


def in_pages(tags: list[str]) -> Script:
    def script(asked: Asked) -> Said:
        start = int(asked.query.get("from", "0"))
        page = {"name": "acme/shop", "tags": tags[start : start + 1000]}
        if start + 1000 >= len(tags):
            return Said(200, page)
        return Said(200, page, {"Link": f'<{asked.path}?from={start + 1000}>; rel="next"'})

    return script


@pytest.mark.slow
@pytest.mark.parametrize("paged", [at_once, in_pages])
def test_a_million_tags_of_a_registry_take_little_memory(
    paged: Callable[[list[str]], Script], tmp_path: Path
) -> None:
    tags = [f"v{n % 97}.{n % 1009}.{n}-rc.{n % 13}" for n in range(1_000_000)]
    with StandIn(paged(tags)) as server, (tmp_path / "out").open("wb") as out:
        ended = subprocess.run(
            [f"{SCRIPTS}/fairlead", "tags", f"{server.host}/acme/shop", "--semver", ">=1.0.0-0"],
            stdout=out,
            stderr=subprocess.PIPE,
            env={**os.environ, "FAIRLEAD_SETTINGS": str(listed(tmp_path, server))},
            preexec_fn=_bounded,
            timeout=5 * TIMEOUT,
            check=False,
        )
    assert not but_progress(ended.stderr)
    assert ended.returncode == 0
    with (tmp_path / "out").open() as said:
        assert next(said).startswith("picked v96.")
        assert sum(1 for _ in said) == 999_999


@pytest.mark.slow
def test_more_than_a_million_tags_of_a_registry_are_refused(tmp_path: Path) -> None:
    with StandIn(at_once([f"{number:07}" for number in range(1_000_001)])) as server:
        settings = listed(tmp_path, server)
        asked = (f"{server.host}/acme/shop", "--numerical", "asc")
        assert "more than 1000000 tags" in run(*asked, code=4, settings=settings)[1]

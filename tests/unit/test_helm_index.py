"""A Helm repository's index: what is read, what is refused, and what the worst of them costs."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.helm_index import IndexLimits, read_index
from bot.adapters.wire import Garbled
from bot.charts import ChartVersion
from gitops.events import PARSER, Parser
from tests.conftest import ROOT
from tests.unit.oci_stand_in import Said, StandIn

MEMORY = 200 << 20
"""Bytes of the process's own data (RLIMIT_DATA) with which the largest index must be read."""
CPU = 60.0
"""Seconds; the largest index takes about 4."""

HEAD = b"apiVersion: v1\n"
DIGEST = "a1" * 32
PARSERS = [pytest.param(PARSER, id="native"), pytest.param(yaml.SafeLoader, id="pure")]

by_each_parser = pytest.mark.parametrize("parser", PARSERS)


def read(text: bytes | str, parser: Parser = PARSER, size: int = 7) -> list[ChartVersion]:
    """The versions of `app`, from pieces of this size."""
    data = text if isinstance(text, bytes) else text.encode()
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return list(read_index(pieces, ["app"], parser=parser)["app"])


def of_app(*fields: str) -> str:
    """An index with a version of `app` for each of these, in flow style."""
    entries = "".join(f"  - {{name: app, {text}}}\n" for text in fields)
    return f"apiVersion: v1\nentries:\n  app:\n{entries}"


def refusal(text: bytes | str, parser: Parser = PARSER, limits: IndexLimits | None = None) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Garbled) as caught:
        read_index([data], ["app"], limits, parser)
    return str(caught.value)


@by_each_parser
def test_an_index_as_helm_writes_it(parser: Parser) -> None:
    text = f"""\
apiVersion: v1
entries:
  app:
  - annotations:
      artifacthub.io/changes: |
        - version: 9.9.9
      org.opencontainers.image.revision: 0123abc
    apiVersion: v2
    created: "2026-03-03T10:00:00.123456789+01:00"
    dependencies:
    - {{name: app, version: 8.8.8}}
    digest: {DIGEST}
    name: app
    urls:
    - https://charts.example.com/app-1.1.0.tgz
    version: 1.1.0
  - {{name: app, version: 1.0.0+build.1, digest: sha256:{DIGEST}, type: application}}
  other:
  - name: other
    version: 7.7.7
generated: "2026-03-03T10:00:00Z"
"""
    created = datetime.fromisoformat("2026-03-03T10:00:00.123456+01:00")
    assert read(text, parser) == [
        ChartVersion("1.1.0", f"sha256:{DIGEST}", created, "0123abc"),
        ChartVersion("1.0.0+build.1", f"sha256:{DIGEST}"),
    ]


@by_each_parser
def test_an_index_as_json(parser: Parser) -> None:
    text = '{"apiVersion":"v1","entries":{"app":[{"name":"app","version":"1.0.0"}]},"x":null}'
    assert read(text, parser) == [ChartVersion("1.0.0")]


@by_each_parser
@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1",
        "apiVersion: v1\nentries:\n",
        "apiVersion: v1\nentries: {}",
        "apiVersion: v1\nentries: {app: ~}",
        "apiVersion: v1\nentries: {app: []}",
        "apiVersion: v1\nentries: {other: [{name: other, version: 1.0.0}]}",
        "apiVersion: v1\nentries: {app: !!null 'null'}",
        "entries: {app: null}\n'apiVersion': \"v1\"\n# the end",
    ],
)
def test_no_versions(text: str, parser: Parser) -> None:
    assert read(text, parser) == []


@by_each_parser
def test_what_helm_leaves_out_is_left_out(parser: Parser) -> None:
    text = of_app("version: 1.0.0", "description: x", "version: ~", "version: ''", "version: 2.0.0")
    text += "  -\n  - ~\n  - version: 3.0.0\n  - {name: app, version: 4.0.0, type: operator}\n"
    text += f"  - {{name: app, version: 1.0.0-{'a' * 256}}}\n"
    text += "  - {name: app, version: 5.0.0, type: library}\n"
    assert [found.version for found in read(text, parser)] == ["1.0.0", "2.0.0", "5.0.0"]


@by_each_parser
def test_versions_are_texts(parser: Parser) -> None:
    written = ["'1.10'", '"012"', "'on'", "!!str 2", "2026-03-03", "latest", "v1.0", "1.0.0"]
    texts = of_app(*(f"version: {version}" for version in written))
    told = ["1.10", "012", "on", "2", "2026-03-03", "latest", "v1.0", "1.0.0"]
    assert [found.version for found in read(texts, parser)] == told


@by_each_parser
@pytest.mark.parametrize("written", ["1.10", "2", "012", "-1.5", "0x1F", "on", "True"])
def test_what_yaml_makes_a_number_of_is_no_text(written: str, parser: Parser) -> None:
    assert "is no text without quotes" in refusal(of_app(f"version: {written}"), parser)


@by_each_parser
@pytest.mark.parametrize(
    ("written", "created"),
    [
        ("'2026-03-03T10:00:00Z'", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("2026-03-03T10:00:00.5Z", datetime(2026, 3, 3, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("~", None),
    ],
)
def test_times(written: str, created: datetime | None, parser: Parser) -> None:
    text = of_app(f"version: 1.0.0, created: {written}")
    assert read(text, parser) == [ChartVersion("1.0.0", None, created)]


@pytest.mark.parametrize("digest", ["''", "~", "sha512:00", "a1", DIGEST.upper(), f"{DIGEST}00"])
def test_a_digest_that_cannot_be_checked_is_none(digest: str) -> None:
    assert read(of_app(f"version: 1.0.0, digest: {digest}")) == [ChartVersion("1.0.0")]


def test_a_version_that_is_there_twice_is_told_twice() -> None:
    assert read(of_app("version: 1.0.0", "version: 1.0.0")) == [ChartVersion("1.0.0")] * 2


def test_what_is_not_read_may_hold_anything() -> None:
    text = "x: &x {<<: *y, a: 1, a: 2, [c]: !foo d}\ny: !bar [*x, *x]\n"
    assert read(text + of_app("version: 1.0.0, keywords: *x")) == [ChartVersion("1.0.0")]


@by_each_parser
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"---\n...\n", "is no mapping"),
        (b"<!DOCTYPE html>\n<html><p>Hello</p></html>", "is no mapping"),
        (b"{<html>: [", "not YAML"),
        (b"- apiVersion: v1", "is no mapping"),
        (b"entries: {}", "no apiVersion"),
        (b"apiVersion: ''\nentries: {}", "no apiVersion"),
        (b"apiVersion: ~\nentries: {}", "no apiVersion"),
        (b"apiVersion: [v1]", "line 1: apiVersion is no plain text"),
        (HEAD + b"---\n" + HEAD, "more than one document"),
        (HEAD + HEAD, "line 2: the key 'apiVersion' of the index is there twice"),
        (HEAD + b"entries: {app: [], app: []}", "'app' of `entries` is there twice"),
        (HEAD + b"entries: {app: [], 'app': []}", "'app' of `entries` is there twice"),
        (HEAD + b"entries: {x: [{version: 1.0.0, version: 2.0.0}]}", "is there twice"),
        (HEAD + b"entries: []", "line 2: `entries` is no mapping"),
        (HEAD + b"entries: none", "`entries` is no mapping"),
        (HEAD + b"entries: {x: {}}", "chart 'x' has no list of versions"),
        (HEAD + b"entries: {x: 1.0.0}", "chart 'x' has no list of versions"),
        (HEAD + b"entries: {x: [1.0.0]}", "a chart version is no mapping"),
        (HEAD + b"entries: {x: [[]]}", "a chart version is no mapping"),
        (HEAD + b"entries: {x: [{version: {a: b}}]}", "version is no plain text"),
        (HEAD + b"entries: {x: [{version: !!binary MS4w}]}", "version is no plain text"),
        (HEAD + b"entries: {[x]: []}", "a key is no plain text"),
        (HEAD + b"x: &x {a: b}\nentries: *x", "`entries` is no mapping"),
        (HEAD + b"x: &x []\nentries: {app: *x}", "has no list of versions"),
        (HEAD + b"x: &x 1.0.0\nentries: {app: [{version: *x}]}", "version is no plain text"),
        (HEAD + b"x: &x {}\nentries: {<<: *x}", "the key '<<' of `entries` is not read"),
        (HEAD + b"x: &x {}\nentries: {x: [{<<: *x}]}", "is not read"),
        (HEAD + b"entries: {app: [{version: 1.0.0", "not YAML"),
        (HEAD + b"entries:\n\t- a", "not YAML"),
        (HEAD + b"x: \x00", "control characters"),
        (HEAD + b"x: \xff\xfe", "UTF-8"),
        (HEAD + b"x: " + b"[" * 200 + b"]" * 200, "nested more than 100 deep"),
        (HEAD + b"x:\n " + b"- " * 200, "nested more than 100 deep"),
        (b'%YAML 99999999999999999999.1\n---\n{"apiVersion": v1}', "not YAML"),
    ],
)
def test_what_is_no_index(text: bytes, words: str, parser: Parser) -> None:
    assert words in refusal(text, parser)


@by_each_parser
@pytest.mark.parametrize(
    "created", ["yesterday", "", "2026-03-03", "2026-03-03 10:00:00Z", "2026-13-03T10:00:00Z"]
)
def test_what_is_no_time(created: str, parser: Parser) -> None:
    assert "is no time" in refusal(of_app(f"version: 1.0.0, created: '{created}'"), parser)


def test_foreign_names_are_told_short() -> None:
    text = HEAD + b"entries: {'%s\\x1b': 1}" % (b"x" * 500)
    assert len(refusal(text)) < 200


def test_errors_of_the_source_of_bytes_pass() -> None:
    def broken() -> Iterator[bytes]:
        yield HEAD
        raise TimeoutError

    for parser in (PARSER, yaml.SafeLoader):
        with pytest.raises(TimeoutError):
            read_index(broken(), ["app"], parser=parser)


# --- limits ---------------------------------------------------------------------------------------

SMALL = IndexLimits(size=2000, entries=10, events=200, scalar=500, head=100)


@by_each_parser
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + b"a:\n" + b"- bcdefghijklmnopqrstuvwxyz\n" * 100, "more than 2000 bytes"),
        (HEAD + b"a: [" + b"b, " * 300, "more than 200 values"),
        (HEAD + b"entries: {a: [~,~,~,~,~,~], b: [~,~,~,~,~]}", "more than 10 chart versions"),
        (HEAD + b"entries:\n" + b"".join(b" a%d:\n" % n for n in range(11)), "more than 10 keys"),
        (b"".join(b"a%d:\n" % n for n in range(11)), "more than 10 keys"),
        (HEAD + b"a: '" + b"b" * 600 + b"'", "more than 500 bytes between two values"),
        (HEAD + b"#" * 600, "more than 500 bytes between two values"),
        (b"#" * 150, "more than 100 bytes between two values"),
        (HEAD + b"...\n" + b"#" * 150, "more than 100 bytes between two values"),
    ],
)
def test_limits(text: bytes, words: str, parser: Parser) -> None:
    pieces = (bytes([byte]) for byte in text)
    with pytest.raises(Garbled, match=words):
        read_index(pieces, ["app"], SMALL, parser)


def test_at_the_limits() -> None:
    text = HEAD + b"entries: {a: [~,~,~,~,~], app: [~,~,~,~,{name: app, version: 1.0.0}]}\n"
    pieces = (bytes([byte]) for byte in text + b"x: " + b"y" * 490)
    found = read_index(pieces, ["app"], SMALL)
    assert found == {"app": (ChartVersion("1.0.0"),)}


DIRECTIVES = b"".join(b"%%TAG !a%d! tag:x\n" % number for number in range(400_000))

HOSTILE: Mapping[str, bytes] = {
    "directives": DIRECTIVES + b"---\na: b\n",
    "directives of a second document": HEAD + b"...\n" + DIRECTIVES + b"---\na: b\n",
    "one text": HEAD + b"x: " + "y\N{OK HAND SIGN}".encode() * 9_000_000,
    "lists": HEAD + b"x: [" + b"[]," * 16_000_000,
    "aliases": HEAD + b"x: &a [" + b"*a," * 16_000_000,
    "anchors": HEAD + b"x: [" + b"&a b," * 10_000_000,
    "depth": HEAD + b"x: " + b"[" * 50_000_000,
    "keys": b"".join(b"%d:\n" % number for number in range(5_000_000)),
    "charts": HEAD + b"entries:\n" + b"".join(b" %d:\n" % n for n in range(5_000_000)),
    "entries": HEAD + b"entries: {app: [" + b"~," * 20_000_000,
    "blanks": HEAD + b" " * 50_000_000,
    "lines": HEAD + b"\n" * 50_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_indexes_are_refused_soon(name: str) -> None:
    began = sum(os.times()[:2])
    refusal(HOSTILE[name])
    assert sum(os.times()[:2]) - began < CPU


READING = """\
import sys
from bot.adapters.helm import HelmRepositories
from bot.adapters.registry_credentials import RegistryOrigin
from bot.charts import Chart
url = sys.argv[1]
found = HelmRepositories([RegistryOrigin(url, private=True)]).versions([Chart(url, "app")])
answer = next(iter(found.values()))
print(len(answer) if isinstance(answer, tuple) else answer)
"""


def largest() -> bytes:
    """100,000 versions of one chart in a little less than 50 MiB."""
    said = "It keeps the shop open, which \N{WHITE SMILING FACE} matters. " * 5
    entry = (
        '  - apiVersion: v2\n    appVersion: "%(number)d"\n'
        '    created: "2026-03-03T10:00:00.123456789Z"\n'
        f"    description: {said}\n    digest: {DIGEST}\n    name: app\n    urls:\n"
        "    - https://charts.example.com/app-%(number)d.0.0.tgz\n    version: %(number)d.0.0\n"
    )
    entries = "".join(entry % {"number": number} for number in range(100_000))
    return f"apiVersion: v1\nentries:\n  app:\n{entries}".encode()


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


@pytest.mark.slow
def test_the_largest_index_takes_little_memory() -> None:
    index = largest()
    assert 45 << 20 < len(index) < 50 << 20
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    with StandIn(lambda _: Said(200, index)) as stand_in:
        done = subprocess.run(
            [sys.executable, "-c", READING, stand_in.url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            preexec_fn=bounded,
            timeout=300,
            check=True,
        )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == "100000\n"
    assert ended.ru_utime - began.ru_utime < CPU


# --- a full reading agrees ------------------------------------------------------------------------

names = st.sampled_from(["app", "other", "a-b", "X", "~", "1"])
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20
) | st.sampled_from(["1.0.0", "v2.1.0-rc.1", "1.10", "null", "~", "on", "2026-03-03", "", "a: b"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
REVISION = "org.opencontainers.image.revision"
entries = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "name": texts,
        "version": st.none() | texts,
        "digest": st.none() | st.sampled_from([DIGEST, "sha256:" + DIGEST, "x"]),
        "created": st.none() | st.just("2026-03-03T10:00:00Z"),
        "type": st.none() | st.sampled_from(["application", "library", "", "x"]),
        "annotations": st.none() | st.dictionaries(st.just(REVISION) | texts, texts),
        "keywords": values,
    },
)
indexes = st.fixed_dictionaries(
    {"apiVersion": st.just("v1")},
    optional={
        "entries": st.none() | st.dictionaries(names, st.none() | st.lists(entries, max_size=4)),
        "generated": texts,
        "annotations": values,
    },
)
styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "allow_unicode": st.booleans(),
        "width": st.sampled_from([20, 80, 10_000]),
        "default_style": st.sampled_from([None, '"']),
    }
)


Told = tuple[str, bool, bool, str | None]


def read_whole(text: str) -> dict[str, list[Told]]:
    """Version, whether there are a digest and a time, and the commit of each that Helm keeps."""
    found: dict[str, list[Told]] = {}
    for name, listed in (yaml.safe_load(text).get("entries") or {}).items():
        found[name] = [
            (
                entry["version"],
                len(entry.get("digest") or "") > 1,
                bool(entry.get("created")),
                (entry.get("annotations") or {}).get(REVISION) or None,
            )
            for entry in listed or []
            if entry and entry.get("name") and entry.get("version")
            if entry.get("type") in {None, "", "application", "library"}
        ]
    return found


@given(indexes, styles, st.integers(1, 64), st.sampled_from([PARSER, yaml.SafeLoader]))
def test_a_full_reading_finds_the_same(
    index: dict[str, Any], style: dict[str, Any], size: int, parser: Parser
) -> None:
    text = yaml.safe_dump(index, sort_keys=False, **style)
    data = text.encode()
    expected = read_whole(text)
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    found = read_index(pieces, expected.keys(), parser=parser)
    assert {
        name: [
            (v.version, v.digest is not None, v.created is not None, v.revision) for v in versions
        ]
        for name, versions in found.items()
    } == expected

"""Where `tags` finds its tags: standard input, an image's registry, a chart's repository."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bot.cli import options

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Gap
    from gitops.errors import FairleadError

STANDARD_INPUT: Final = "-"
MOST_TAGS: Final = 1_000_000
"""Of one list, as of one repository in `bot.adapters.wire`; a million take about 140 MiB."""
LONGEST_LINE: Final = 4096
"""Bytes of one line of standard input."""

_REGISTRY: Final = "oci://"


def standard_input() -> IO[bytes]:
    """The bytes of standard input.

    Raises:
        InvalidInput: whoever started the command closed it.
    """
    from gitops.errors import InvalidInput

    if sys.stdin is None:
        raise InvalidInput("standard input is closed", "give an image, or one tag a line")
    return sys.stdin.buffer


def lines(stream: IO[bytes]) -> Iterator[str]:
    """One tag a line, without its end; empty lines and a byte-order mark are none.

    Raises:
        InvalidInput: a line or the list is too long.
    """
    from codecs import BOM_UTF8
    from contextlib import nullcontext

    from gitops.cli.patience import patience
    from gitops.errors import InvalidInput

    number = 0
    typed = stream.isatty()
    if typed:
        print("fairlead: reading one tag a line; end with Ctrl-D", file=sys.stderr)
    reading = patience("reading tags from standard input", lambda: f"{number} lines")
    with nullcontext() if typed else reading:
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if number > MOST_TAGS:
                message = f"standard input has more than {MOST_TAGS} lines"
                raise InvalidInput(message, "filter it first")
            if len(line) == LONGEST_LINE:
                message = f"standard input, line {number}: longer than {LONGEST_LINE} bytes"
                raise InvalidInput(message, "give one tag a line")
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            tag = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            if tag:
                yield tag


def of_image(image: str, settings: Path | None) -> tuple[str, ...]:
    """Every tag of an image repository, from its registry.

    Raises:
        InvalidInput: it is no name of one.
        Unavailable, Denied: the registry.
    """
    from bot import wiring
    from bot.model import Gap
    from gitops.cli.patience import patience
    from gitops.errors import InvalidInput
    from gitops.sites.image import normalise, parse_reference

    reference = parse_reference(image)
    if reference is None or reference.tag is not None or reference.digest is not None:
        if image != image.lower() and parse_reference(image.lower()) is not None:
            raise InvalidInput(
                f"{image!a} is no image repository", f"write it in small letters: {image.lower()}"
            )
        raise InvalidInput(
            f"{image!a} is no image repository",
            "write it without scheme, tag and digest, as ghcr.io/stefanprodan/podinfo; "
            "of a chart say --chart NAME too",
        )
    repository = normalise(reference.repository)
    registry = wiring.registry(options.file_settings(settings))
    with patience(f"asking for the tags of {repository}"):
        answer = registry.tags([repository])[repository]
    if isinstance(answer, Gap):
        raise _error(answer)
    if not answer:
        print(f"fairlead: {repository} has no tags, or is not there", file=sys.stderr)
    return answer


def is_registry(repository: str) -> bool:
    """Whether a repository of charts is a registry (`oci://...`)."""
    return repository.startswith(_REGISTRY)


def of_chart_in_registry(name: str, repository: str, settings: Path | None) -> tuple[str, ...]:
    """Every version of a chart at `oci://...`, where `+` is written `_`.

    Raises:
        InvalidInput: it is no name of a chart.
        Unavailable, Denied: the registry.
    """
    image = f"{repository.removeprefix(_REGISTRY).rstrip('/')}/{name}"
    return tuple(tag.replace("_", "+") for tag in of_image(image, settings))


def of_chart(name: str, repository: str, settings: Path | None) -> Mapping[str, "datetime | None"]:
    """Every version of a chart in a Helm repository, and when it was created.

    The time is None where the index does not say so; of a version that is there twice it is the
    later one.

    Raises:
        InvalidInput: `repository` is no URL of one.
        Unavailable, Denied: the repository.
    """
    from bot import wiring
    from bot.charts import Chart
    from bot.model import Gap
    from bot.neutral import whole
    from gitops.cli.patience import patience

    chart = Chart(_url(repository), name)
    repositories = wiring.helm_repositories(options.file_settings(settings))
    with patience(f"reading the index of {chart.repository}"):
        answer = repositories.versions([chart])[chart]
    if isinstance(answer, Gap):
        raise _error(answer)
    if not answer:
        print(whole(f"fairlead: {chart.repository} has no chart {name}"), file=sys.stderr)
    created: dict[str, datetime | None] = {}
    for one in answer:
        known = created.get(one.version)
        if known is None or (one.created is not None and one.created > known):
            created[one.version] = one.created
    return created


def _url(text: str) -> str:
    from urllib.parse import urlsplit

    from gitops.errors import InvalidInput
    from gitops.sites.url import without_user

    if text == STANDARD_INPUT:
        raise InvalidInput(
            "--chart NAME needs the URL of its repository",
            "write https://HOST/PATH or oci://HOST/PATH",
        )
    try:
        parts = urlsplit(text)
        right = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        right = False
    if not right:
        raise InvalidInput(
            f"{without_user(text)!a} is no URL of charts",
            "write https://HOST/PATH without index.yaml, or oci://HOST/PATH; a login belongs into "
            "the settings",
        )
    return text


def _error(gap: "Gap") -> "FairleadError":
    from gitops.errors import Denied, Unavailable

    if gap.denied:
        return Denied(f"{gap.service}: {gap.reason}")
    return Unavailable(f"{gap.service}: {gap.reason}", service=gap.service)

"""Image names as one spelling, and references taken apart.

Source: the reference grammar of https://github.com/distribution/reference, and Docker's defaults
for names without a host.
"""

import re
from typing import NamedTuple

DEFAULT_HOST = "docker.io"

# Only a first segment like these is a host; `shop/payments` is Docker Hub's.
_HOST = re.compile(r"(localhost|[^/]*[.:][^/]*|[^/]*[A-Z][^/]*)/")
_NAME = r"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<repository>{_NAME})"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9A-Fa-f]{32,}))?"
)
_UNFILLED = re.compile(rf"(?P<repository>{_NAME}):(?P<tag>[^/]*\$\{{.*)", re.DOTALL)


class Reference(NamedTuple):
    """An image reference as written; `tag` and `digest` are None where they are missing."""

    repository: str
    tag: str | None
    digest: str | None


def normalise(repository: str) -> str:
    """The one spelling of a repository: `nginx` is `docker.io/library/nginx`."""
    host = _HOST.match(repository)
    if host is None:
        path = repository if "/" in repository else f"library/{repository}"
        return f"{DEFAULT_HOST}/{path}"
    name, path = host.group(1).lower(), repository[host.end() :]
    if name not in {DEFAULT_HOST, "index.docker.io", "registry-1.docker.io"}:
        return f"{name}/{path}"
    return normalise(path) if "/" not in path else f"{DEFAULT_HOST}/{path}"


def parse_reference(text: str) -> Reference | None:
    """`repository[:tag][@digest]` taken apart, None when it is no image reference.

    A tag that Flux has yet to fill in (`app:${VERSION}`) is told as written.
    """
    found = _REFERENCE.fullmatch(text)
    if found:
        return Reference(found["repository"], found["tag"], found["digest"])
    unfilled = _UNFILLED.fullmatch(text)
    return Reference(unfilled["repository"], unfilled["tag"], None) if unfilled else None


def split_tag(text: str) -> tuple[str | None, str | None]:
    """A tag as charts take it, `TAG[@DIGEST]`, as (tag, digest); None for what is missing."""
    tag, _, digest = text.partition("@")
    return tag or None, digest or None

"""Image names as one spelling, and references taken apart.

Source: the reference grammar of https://github.com/distribution/reference, and Docker's defaults
for names without a host.
"""

import re
from typing import NamedTuple

DEFAULT_HOST = "docker.io"

# Only a first segment like these is a host; `shop/payments` is Docker Hub's.
_OF_A_HOST = re.compile(r"[A-Z.:]|\$\{")
MAX_REFERENCE = 1_024
"""Characters. Registries take names of 255 and tags of 128; a longer text is no reference."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_REFERENCE = re.compile(
    rf"(?P<repository>{_NAME})"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9A-Fa-f]{32,}))?"
)
_UNFILLED = re.compile(rf"(?P<repository>{_NAME}):(?P<tag>[^/]*(?:\$\{{|<<).*)", re.DOTALL)
_UNFILLED_NAME = re.compile(
    r"(?P<repository>[A-Za-z0-9._/-]*(?:\$\{[^{}]*\}[A-Za-z0-9._/-]*)+):(?P<tag>[^/]+)"
)


class Reference(NamedTuple):
    """An image reference as written; `tag` and `digest` are None where they are missing."""

    repository: str
    tag: str | None
    digest: str | None


def normalise(repository: str) -> str:
    """The one spelling of a repository: `nginx` is `docker.io/library/nginx`."""
    first, slash, path = repository.partition("/")
    if not slash or not (first == "localhost" or _OF_A_HOST.search(first)):
        return f"{DEFAULT_HOST}/{repository if slash else f'library/{repository}'}"
    host = first if "${" in first else first.lower()
    if host not in {DEFAULT_HOST, "index.docker.io", "registry-1.docker.io"}:
        return f"{host}/{path}"
    return normalise(path) if "/" not in path else f"{DEFAULT_HOST}/{path}"


def parse_reference(text: str) -> Reference | None:
    """`repository[:tag][@digest]` taken apart, None when it is no image reference.

    What Flux has yet to fill in (`${REGISTRY}/app:${VERSION}`, `app:<< inputs.tag >>`) is told as
    written.
    """
    if len(text) > MAX_REFERENCE:
        return None
    found = _REFERENCE.fullmatch(text)
    if found:
        return Reference(found["repository"], found["tag"], found["digest"])
    unfilled = _UNFILLED.fullmatch(text) or _UNFILLED_NAME.fullmatch(text)
    return Reference(unfilled["repository"], unfilled["tag"], None) if unfilled else None


def split_tag(text: str) -> tuple[str | None, str | None]:
    """A tag as charts take it, `TAG[@DIGEST]`, as (tag, digest); None for what is missing."""
    tag, _, digest = text.partition("@")
    return tag or None, digest or None

"""What registries answer with, read and judged: tag lists, manifests, indexes, configurations.

Everything here is untrusted text. `Garbled` says that it is not what was asked for.

Source: OCI distribution specification 1.1; OCI image specification 1.1; RFC 8288 (Link).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from yarl import URL

from bot.adapters.registry_credentials import DOCKER_HUB, canonical_host, origin_of
from bot.adapters.wire import Garbled

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST))
_INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
_MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
_CONFIGURATIONS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_REVISION = "org.opencontainers.image.revision"
_LONGEST_REVISION = 256
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_NAME = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_HOST = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?|\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?"
)
_PLATFORM_PART = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LINK = re.compile(
    r'[\s,]*<([\x21\x23-\x3b\x3d\x3f-\x7e]*)>((?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]*))?)*)\s*'
)
_LINK_PARAMETER = re.compile(r';\s*([^\s=;,"]+)\s*(?:=\s*(?:"([^"]*)"|([^\s",;]*)))?')


@dataclass(frozen=True, slots=True)
class Location:
    """Where a repository is asked for: a host (with port) and the name it has there."""

    host: str
    name: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a manifest or index says.

    `child` is the digest of the manifest of an index that stands for the others; `configuration`
    the digest of a single manifest's image configuration. None where there is none. `children` are
    the digests of an index's images.
    """

    platforms: tuple[str, ...]
    revision: str | None
    child: str | None = None
    configuration: str | None = None
    children: tuple[str, ...] = ()


def locate(repository: str) -> Location:
    """Host and name of a repository; one without a host is Docker Hub's.

    Raises:
        Garbled: it is no name of a repository.
    """
    first, slash, rest = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = "docker.io", repository
    location = Location(canonical_host(first), rest)
    if location.host == DOCKER_HUB and "/" not in rest:
        location = Location(location.host, f"library/{rest}")
    if not _HOST.fullmatch(location.host) or not _NAME.fullmatch(rest) or len(rest) > 255:
        raise Garbled(f"{repository!r} is no name of an image repository")
    return location


def is_tag(text: str) -> bool:
    """Whether it is a tag by the specification's grammar."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether it is a digest by an algorithm that can be checked here."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(body: bytes, like: str = "sha256:") -> str:
    """The digest of these bytes, by the algorithm of `like`."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, body, usedforsecurity=True).hexdigest()}"


def read_tags(body: bytes) -> list[str]:
    """The tags of one page, as they stand there. `null` is no tags.

    Raises:
        Garbled: it is no page of a tag list.
    """
    content = _mapping(body, "tag list")
    if "tags" not in content:
        raise Garbled("its tag list has no tags")
    tags = content["tags"] or []
    if not isinstance(tags, list) or set(map(type, tags)) - {str}:
        raise Garbled("its tag list holds something that is no text")
    return tags


def next_page(links: Sequence[str], page: URL) -> URL | None:
    """Where the tag list goes on, None when no header says so.

    Raises:
        Garbled: a header cannot be read, or leads to another origin.
    """
    for value in links:
        position = 0
        while position < len(value):
            match = _LINK.match(value, position)
            if not match or not match.end():
                raise Garbled("its Link header cannot be read")
            position = match.end()
            if "next" in _relations(match[2]):
                return _same_origin(match[1], page)
    return None


def _relations(parameters: str) -> list[str]:
    for name, quoted, plain in _LINK_PARAMETER.findall(parameters):
        if name.lower() == "rel":
            return str(quoted or plain).lower().split()
    return []


def _same_origin(target: str, page: URL) -> URL:
    try:
        url = URL(urljoin(str(page), target), encoded=True).with_fragment(None)
    except ValueError:
        raise Garbled("its Link header leads to no URL") from None
    if origin_of(url) is None or origin_of(url) != origin_of(page):
        raise Garbled(f"its tag list goes on at another origin, {origin_of(url)}")
    return url


def describe(body: bytes, content_type: str) -> Described:
    """Read a manifest or an index.

    Raises:
        Garbled: it is neither, or something that can be read as both.
    """
    content = _mapping(body, "manifest")
    sent_as = content_type.partition(";")[0].strip().lower()
    kind = str(content.get("mediaType", sent_as))
    if content.get("schemaVersion") != 2 or kind not in _INDEXES | _MANIFESTS:
        raise Garbled(f"its manifest is of a kind that is not read here, {kind[:80]!r}")
    if sent_as in _INDEXES | _MANIFESTS and kind != sent_as:
        raise Garbled(f"its manifest says that it is {kind}, and was sent as {sent_as}")
    # Bytes that two readers take for two different images name neither (CVE-2021-41190).
    if ("manifests" in content) == ("config" in content or "layers" in content):
        raise Garbled("its manifest can be read as an image and as an index")
    return _describe_index(content) if kind in _INDEXES else _describe_manifest(content)


def read_configuration(body: bytes) -> Described:
    """Platform and revision of an image, from its configuration.

    Raises:
        Garbled: it is no image configuration.
    """
    content = _mapping(body, "image configuration")
    settings = content.get("config") or {}
    if not isinstance(settings, dict):
        raise Garbled("its image configuration is garbled")
    platform = _platform(content)
    return Described((platform,) if platform else (), _revision(settings.get("Labels")))


def _describe_index(content: dict[str, object]) -> Described:
    children = content.get("manifests")
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        raise Garbled("its index lists something that is no manifest")
    images = [(name, child) for child in children if (name := _platform(child.get("platform")))]
    images.sort(key=lambda image: image[0])
    digests = tuple(_digest(child, "manifest") for _, child in images)
    platforms = tuple(sorted({name for name, _ in images}))
    revision = _revision(content.get("annotations"))
    return Described(platforms, revision, digests[0] if digests else None, children=digests)


def _describe_manifest(content: dict[str, object]) -> Described:
    configuration = content.get("config")
    if not isinstance(configuration, dict):
        raise Garbled("its manifest names no configuration")
    digest = _digest(configuration, "configuration")
    is_image = str(configuration.get("mediaType")) in _CONFIGURATIONS
    revision = _revision(content.get("annotations"))
    return Described((), revision, None, digest if is_image else None)


def _platform(content: object) -> str | None:
    """`os/arch[/variant]`; None when it names none, or is an attestation's unknown/unknown."""
    if not isinstance(content, dict):
        return None
    parts = [content.get("os"), content.get("architecture")]
    if content.get("variant"):
        parts.append(content["variant"])
    if parts[:2] == ["unknown", "unknown"] or not any(parts):
        return None
    named = [part for part in parts if isinstance(part, str) and _PLATFORM_PART.fullmatch(part)]
    if named != parts:
        raise Garbled("it names a platform that is garbled")
    return "/".join(named)


def _revision(labels: object) -> str | None:
    text = labels.get(_REVISION) if isinstance(labels, dict) else None
    return text if isinstance(text, str) and 0 < len(text) <= _LONGEST_REVISION else None


def _digest(descriptor: dict[str, object], what: str) -> str:
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not is_digest(digest):
        raise Garbled(f"it names a {what} without a digest")
    return digest


def _mapping(body: bytes, what: str) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Garbled(f"its {what} is not JSON") from None
    if not isinstance(content, dict):
        raise Garbled(f"its {what} is no JSON object")
    return content

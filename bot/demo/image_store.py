"""What the demo's registry holds: repositories of tags, manifests and blobs, in memory."""

import json
import threading
from dataclasses import dataclass, field

from bot.demo.images import Document, Image, digest_of


@dataclass
class _Repository:
    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, Document] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


Held = dict[str, _Repository]
"""Repositories by name; only an ImageStore looks inside."""


def _copies(held: Held) -> Held:
    return {n: _Repository(dict(r.tags), dict(r.manifests), dict(r.blobs)) for n, r in held.items()}


class ImageStore:
    """Repositories by name. Every method is one step, whatever other threads do."""

    def __init__(self) -> None:
        self._repositories: Held = {}
        self._lock = threading.Lock()

    def put_image(self, name: str, tag: str, image: Image) -> None:
        """Let `tag` name this image from now on."""
        with self._lock:
            repository = self._repositories.setdefault(name, _Repository())
            repository.blobs |= {digest_of(blob): blob for blob in image.blobs}
            repository.manifests |= {one.digest: one for one in image.manifests}
            repository.tags[tag] = image.digest

    def remove_tag(self, name: str, tag: str) -> None:
        """Forget a tag."""
        with self._lock:
            del self._repositories[name].tags[tag]

    def remove_image(self, digest: str) -> None:
        """Forget a manifest wherever it is, and the tags that name it."""
        with self._lock:
            for repository in self._repositories.values():
                repository.manifests.pop(digest, None)
                named = repository.tags.items()
                repository.tags = {tag: other for tag, other in named if other != digest}

    def held(self) -> Held:
        """Everything that it holds now."""
        with self._lock:
            return _copies(self._repositories)

    def hold(self, held: Held) -> None:
        """Hold this, and nothing else."""
        with self._lock:
            self._repositories = _copies(held)

    def tags(self, name: str) -> list[str] | None:
        """Sorted; None when nothing was ever pushed there."""
        with self._lock:
            repository = self._repositories.get(name)
            return sorted(repository.tags) if repository else None

    def manifest(self, name: str, reference: str) -> Document | None:
        """What a tag or digest names."""
        with self._lock:
            repository = self._repositories.get(name, _Repository())
            return repository.manifests.get(repository.tags.get(reference, reference))

    def blob(self, name: str, digest: str) -> bytes | None:
        """The bytes of a blob."""
        with self._lock:
            return self._repositories.get(name, _Repository()).blobs.get(digest)

    def put_blob(self, name: str, data: bytes) -> None:
        """Keep a blob."""
        with self._lock:
            repository = self._repositories.setdefault(name, _Repository())
            repository.blobs[digest_of(data)] = data

    def put_manifest(self, name: str, reference: str, document: Document) -> bool:
        """Keep a manifest and move the tag to it.

        False when it cannot be read, or what it names is not there.
        """
        needed = _named_by(document)
        if needed is None:
            return False
        with self._lock:
            repository = self._repositories.get(name, _Repository())
            if not needed <= repository.blobs.keys() | repository.manifests.keys():
                return False
            repository = self._repositories.setdefault(name, repository)
            repository.manifests[document.digest] = document
            if reference != document.digest:
                repository.tags[reference] = document.digest
            return True


def _named_by(document: Document) -> set[str] | None:
    """The digests that a manifest or index names; None when it is neither."""
    try:
        content = json.loads(document.data)
        descriptors = [*content.get("manifests", []), *content.get("layers", [])]
        descriptors += [content["config"]] if "config" in content else []
        return {str(descriptor["digest"]) for descriptor in descriptors}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None

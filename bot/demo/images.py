"""Images of the demo's apps: real manifests and indexes over a few bytes of content. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIGURATION = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index, as the bytes that its digest is of."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hex digits."""
        return digest_of(self.data)


@dataclass(frozen=True, slots=True)
class Image:
    """An image, in the order in which a registry takes it: blobs, then manifests.

    The last manifest is the one that a tag names: the index of a multi-arch image.
    """

    blobs: tuple[bytes, ...]
    manifests: tuple[Document, ...]

    @property
    def digest(self) -> str:
        """The digest that a tag of this image resolves to."""
        return self.manifests[-1].digest


def digest_of(data: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def build_image(
    content: str, platforms: Sequence[str] = ("linux/amd64",), revision: str | None = None
) -> Image:
    """An image whose layer is `content`, so other content is another digest.

    One platform gives a single manifest, several give an index; `revision` becomes the label
    org.opencontainers.image.revision of each platform's configuration.

    Source: OCI image specification 1.1.
    """
    layer = content.encode()
    blobs, manifests, descriptors = [layer], [], []
    for platform in platforms:
        named = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
        configuration = _data(
            {
                **named,
                "config": {"Labels": {_REVISION: revision} if revision else {}},
                "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
            }
        )
        manifest = Document(
            OCI_MANIFEST,
            _data(
                {
                    "schemaVersion": 2,
                    "mediaType": OCI_MANIFEST,
                    "config": _descriptor(OCI_CONFIGURATION, configuration),
                    "layers": [_descriptor(OCI_LAYER, layer)],
                }
            ),
        )
        blobs.append(configuration)
        manifests.append(manifest)
        descriptors.append({**_descriptor(OCI_MANIFEST, manifest.data), "platform": named})
    if len(platforms) > 1:
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors}
        manifests.append(Document(OCI_INDEX, _data(index)))
    return Image(tuple(blobs), tuple(manifests))


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _data(content: object) -> bytes:
    return json.dumps(content, sort_keys=True).encode()

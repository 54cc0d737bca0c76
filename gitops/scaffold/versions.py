"""Versions as a person writes them on the command line."""

import difflib
from collections.abc import Collection, Sequence

from gitops.errors import InvalidInput
from gitops.fleet import Setting
from gitops.sites import normalise, split_tag
from gitops.version import UNRELEASED


def settings_of(
    images: Sequence[str], versions: Sequence[str], beside: Collection[str] = ()
) -> tuple[Setting, ...]:
    """`TAG[@DIGEST]` for all images, or `IMAGE=TAG[@DIGEST]` for each of some, as settings.

    Those `beside` the others have versions of their own: only their names speak of them.

    Raises:
        InvalidInput: not of that form, an image that the app has not, or one digest for several.
    """
    bare = [text for text in versions if "=" not in text]
    if not versions or (bare and len(versions) > 1):
        hint = "write one VERSION for all images, or IMAGE=VERSION for each"
        raise InvalidInput(f"{' '.join(versions) or 'nothing'} is no version", hint)
    if bare:
        images = [image for image in images if image not in beside]
        tag, digest = _version(bare[0])
        if digest is not None and len(images) > 1:
            hint = f"write {' '.join(f'{image}=TAG@DIGEST' for image in images)}"
            raise InvalidInput("one digest cannot be that of several images", hint)
        return tuple(Setting(image, tag, digest) for image in images)
    settings = []
    for text in versions:
        name, _, version = text.partition("=")
        settings.append(Setting(_image(name, images), *_version(version)))
    return tuple(settings)


def _version(text: str) -> tuple[str, str | None]:
    tag, digest = split_tag(text)
    if tag is None or ("@" in text and digest is None):
        raise InvalidInput(f"{text!r} is no version", "write TAG or TAG@sha256:DIGEST")
    if tag == UNRELEASED:
        hint = "name a version that was released"
        raise InvalidInput(f"{tag} stands for an app without a release", hint)
    return tag, digest


def _image(name: str, images: Sequence[str]) -> str:
    """The image with this name, or the only one whose name ends so."""
    exact = [image for image in images if normalise(image) == normalise(name)]
    found = exact or [image for image in images if image.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    short = {image.rpartition("/")[2]: image for image in images} | {i: i for i in images}
    near = difflib.get_close_matches(name, short, n=1)
    hint = f"did you mean `{short[near[0]]}`?" if near else f"known: {', '.join(images)}"
    raise InvalidInput(f"the app has no image {name!r}", hint)

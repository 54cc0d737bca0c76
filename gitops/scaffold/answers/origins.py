"""What a person gives that is fetched or trusted later, tied to its very bytes."""

import re
from dataclasses import dataclass

from gitops.config.forms import SCP_LIKE
from gitops.errors import InvalidInput
from gitops.sites import parse_reference

_WHEEL = re.compile(r"https://[^\s#@\"'`$\\]+\.whl#sha256=[0-9a-f]{64}")
_WHEEL_FORM = "https://HOST/fairlead_gitops-VERSION-py3-none-any.whl#sha256=DIGEST"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_GIT = re.compile(
    r"(?P<scheme>https?|ssh|file)://(?:(?P<user>[^\s:@/]+)(?P<secret>:[^\s@/]*)?@)?[^\s@]*/[^\s@]+"
)
_AGE = re.compile(r"age1[a-z0-9]{58}")


@dataclass(frozen=True, slots=True)
class Install:
    """What CI runs `fairlead` from: a wheel's URL with its hash, or an image; the other is None."""

    wheel: str | None
    image: str | None


def install(text: str) -> Install:
    """`--install`: a wheel or an image.

    Raises:
        InvalidInput: neither, or not tied to its bytes.
    """
    if _WHEEL.fullmatch(text):
        return Install(text, None)
    if text.startswith("https://"):
        raise InvalidInput(
            f"--install {text} is no wheel with its hash", f"write it as {_WHEEL_FORM}"
        )
    try:
        return Install(None, image_by_digest(text, "--install"))
    except InvalidInput as error:
        told = f"--install {text} is no image by its digest, and no wheel by its hash"
        raise InvalidInput(told, f"{error.hint}, or as {_WHEEL_FORM}") from error


def image_by_digest(text: str, flag: str) -> str:
    """An image with its digest, as it was given.

    Raises:
        InvalidInput: no image, or one that a tag alone names.
    """
    reference = parse_reference(text)
    if reference is None or not _DIGEST.fullmatch(reference.digest or ""):
        hint = "write it as registry.example.com/fairlead@sha256:DIGEST"
        raise InvalidInput(f"{flag} {text} is no image by its digest", hint)
    return text


def git_url(text: str) -> str:
    """The URL of a git repository that Flux can pull.

    Raises:
        InvalidInput: it is none, or holds a password.
    """
    found = _GIT.fullmatch(text)
    if short := SCP_LIKE.fullmatch(text):
        told = "--url is git's short form of a URL, which Flux does not read"
        raise InvalidInput(told, f"write it as ssh://git@{short[1]}/{short[2]}")
    if found is None:
        hint = "write it as https://HOST/PATH.git or ssh://git@HOST/PATH.git"
        raise InvalidInput("--url is not the URL of a git repository", hint)
    if found["secret"] or (found["user"] and found["scheme"] != "ssh"):
        # The text itself is not repeated: it may hold a password.
        told = "--url has credentials in it, and would stand in the fleet"
        raise InvalidInput(told, "leave them out; Flux reads a Secret")
    return text


def age_recipient(text: str) -> str:
    """An age recipient: the public half of a key.

    Raises:
        InvalidInput: it is none.
    """
    if text.upper().startswith("AGE-SECRET-KEY-"):
        # The text itself is not repeated: it is a secret.
        told = "that is a secret key; it belongs into the cluster, and nowhere else"
        raise InvalidInput(told, "give the line that `age-keygen -y` prints, age1...")
    if not _AGE.fullmatch(text):
        raise InvalidInput(f"{text!r} is no age recipient", "write it as `age-keygen -y` prints it")
    return text

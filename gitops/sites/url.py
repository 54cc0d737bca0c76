"""Sources as one spelling: `https://github.com/shop/a.git` is `github.com/shop/a`."""

import re

from gitops.sites.image import normalise
from gitops.sites.model import UNNAMED, variable_in

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^@/]*@)?(?P<rest>.*)", re.DOTALL)
_SECURE_COPY = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?P<path>(?!//|[0-9]+/).*)", re.DOTALL)
_USER = re.compile(r"://[^/@]*@")
_PORT = {"https": ":443", "http": ":80", "ssh": ":22"}


def git_source(url: str | None) -> str:
    """A git URL as `host/path`, whatever its scheme and user; other texts keep theirs.

    `UNNAMED` where there is none, or one with a variable.
    """
    if not url or variable_in(url):
        return UNNAMED
    found = _SCHEME.fullmatch(url)
    if found:
        host, slash, path = found["rest"].partition("/")
        host = host.removesuffix(_PORT.get(found["scheme"], "\0"))
    else:
        copied = _SECURE_COPY.fullmatch(url)
        if copied is None:
            return _bare(url)
        host, slash, path = copied["host"], "/", copied["path"].lstrip("/")
    return f"{host.lower()}{slash}{_bare(path)}"


def without_user(url: str | None) -> str:
    """A URL as it may be shown: the user and the password left out; "" for none."""
    return _USER.sub("://", url or "", count=1)


def oci_repository(url: str | None) -> str:
    """The normalised repository of an `oci://` URL; `UNNAMED` for any other."""
    if not url or not url.startswith("oci://") or variable_in(url):
        return UNNAMED
    repository = url.removeprefix("oci://").rstrip("/")
    return normalise(repository) if repository else UNNAMED


def _bare(path: str) -> str:
    return path.rstrip("/").removesuffix(".git")

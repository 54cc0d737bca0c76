"""Names that people choose: what can be one, and which are taken."""

import re
import unicodedata
from enum import StrEnum
from typing import TypeVar

from gitops.config.faults import nearest
from gitops.config.forms import PROJECT
from gitops.errors import InvalidInput

TAKEN = ("apps", "flux-system", "infrastructure", "tenants")
"""Flux Kustomizations that every cluster has; no app can have their name."""

LET_IN = ("cnpg-system", "flagger-system", "gateway", "istio-system", "monitoring")
"""Namespaces that NetworkPolicies of apps let in by name: who has one may call what it likes."""

LONGEST_APP = 40
"""Characters. Objects have longer names than their app: `APP-database-rw` and `APP-ENV-post` are of
63 at most, a CronJob's of 52, and a CloudNativePG Cluster's of 50.
"""

ALL = ""
"""Stands for every environment where others may be named."""

SHARED = "all"
"""Stands for every environment where they share one cluster; no environment has that name."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_SYSTEM = re.compile(r"default|flux-system|kube-.*")
_WRITTEN = "write it as"
_SPELLING = "use a-z, 0-9 and -"
_SERVICE = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

_Choice = TypeVar("_Choice", bound=StrEnum)


def label(text: str, what: str, cure: str = _WRITTEN) -> str:
    """A name that becomes part of paths, branches and objects.

    Raises:
        InvalidInput: it is no DNS-1123 label.
    """
    if not _LABEL.fullmatch(text):
        hint = f"{cure} {suggestion}" if (suggestion := nearest_label(text)) else _SPELLING
        if not suggestion and cure != _WRITTEN:
            hint = f"{cure} NAME with one of a-z, 0-9 and -"
        raise InvalidInput(f"{text!r} is no name for {article(what)}", hint)
    return text


def nearest_label(text: str) -> str:
    """A DNS-1123 label like this text, without accents; "" where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


def domain(text: str) -> str:
    """A DNS name of two labels at least.

    Raises:
        InvalidInput: it is none.
    """
    if not _DOMAIN.fullmatch(text):
        raise InvalidInput(f"{text!r} is no domain", "write it as shop.example.com")
    return text


def project(text: str) -> str:
    """The path of a repository on a forge.

    Raises:
        InvalidInput: it is none.
    """
    if not PROJECT.fullmatch(text):
        raise InvalidInput(f"{text!r} is no project", "write its path on the forge: platform/fleet")
    return text


def of_the_cluster(namespace: str) -> bool:
    """Whether a namespace of this name is Kubernetes' own or Flux's, and nobody else's."""
    return _SYSTEM.fullmatch(namespace) is not None


def starts_with_a_letter(text: str) -> bool:
    """Whether a Service can have this label as its name."""
    return _SERVICE.fullmatch(text) is not None


def article(noun: str) -> str:
    """The noun with `a` or `an` before it."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def choice(kind: type[_Choice], text: str, told: str) -> _Choice:
    """The member of an enumeration with this text; `told` says that there is none.

    Raises:
        InvalidInput: there is none.
    """
    known = [str(each) for each in kind]
    if text not in known:
        raise InvalidInput(told, nearest(text, known))
    return kind(text)

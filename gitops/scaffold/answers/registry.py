"""What a person answers about a private registry."""

import re
from enum import StrEnum

from gitops.errors import InvalidInput
from gitops.scaffold.answers.names import choice

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}(?::[0-9]{1,5})?")


class Login(StrEnum):
    """How Flux logs in: as what a cloud knows it to be, or by a Secret.

    Source: https://fluxcd.io/flux/components/source/ocirepositories/#provider, read in 2026-08.
    """

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    GENERIC = "generic"


_CLOUDS = (
    (re.compile(r"\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$"), Login.AWS),
    (re.compile(r"\.azurecr\.(?:io|cn|us)$"), Login.AZURE),
    (re.compile(r"(?:^|\.)gcr\.io$|\.pkg\.dev$"), Login.GCP),
)


def registry(text: str) -> tuple[str, Login]:
    """`HOST=LOGIN`, or `HOST` alone: then the host tells, and a Secret is taken where it does not.

    Raises:
        InvalidInput: no host, or no login.
    """
    host, equals, login = text.partition("=")
    if not _HOST.fullmatch(host):
        hint = "write its host: registry.example.com, or registry.example.com=aws"
        raise InvalidInput(f"--registry {text} is no registry", hint)
    if equals:
        return host, choice(Login, login, f"Flux has no login {login!r}")
    return host, next((each for pattern, each in _CLOUDS if pattern.search(host)), Login.GENERIC)

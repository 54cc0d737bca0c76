"""Credentials in plain text, wherever they stand. No message shows one."""

import re
from collections.abc import Iterator

from gitops.check.credential_words import (
    PRIVATE_KEY,
    TITLES,
    TOKEN,
    TOKEN_SCREEN,
    is_literal,
    is_telling,
)
from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles, readable, regular
from gitops.document import Address, Document, Scalar, is_boolean
from gitops.errors import Place
from gitops.sites import is_yaml

_HIDE = "put it into a Secret that SOPS encrypts, or fetch it with External Secrets"
_REVOKE = "revoke it: git keeps it for ever, even if the line goes"
_WORDS = (b"passw", b"passphrase", b"token", b"secret", b"credential", b"key")
_PAIR = re.compile(
    r"""^[ \t]*(?:-[ \t]+)*["']?(?:(?:name|key)["']?:[ \t]+["']?(?P<name>[\w.-]+)["']?[ \t]*\r?\n
        [ \t]*["']?value|(?P<key>[\w./-]+))["']?[ \t]*:[ \t]+(?P<value>[^\s\#&*|>\[{].*)$""",
    re.MULTILINE | re.VERBOSE,
)
_FLOW = re.compile(rb"(?i)[{,][ \t]*[\"']?[\w.-]{0,60}?(?:pass|token|secret|credential|key)")
"""In brackets several keys share a line."""

_ELSEWHERE = frozenset(
    {
        "ClusterExternalSecret",
        "ClusterPolicy",
        "ClusterSecretStore",
        "CustomResourceDefinition",
        "ExternalSecret",
        "Policy",
        "PushSecret",
        "SealedSecret",
        "Secret",
        "SecretStore",
        "VaultAuth",
        "VaultDynamicSecret",
        "VaultStaticSecret",
    }
)
"""Kinds whose keys name secrets that are kept elsewhere, or that another code is for."""

_KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
_OTHER_STORE = re.compile(rb"(?i)endpoint|minio|backblaze|cloudflarestorage|s3_?url")


def values(files: SourceFiles) -> Iterator[Finding]:
    """FL703: a value under a key such as `password` that stands for itself."""
    for path, data in files.with_role(*Role):
        if is_yaml(path) and _may_tell(data):
            for document in readable(path, data):
                if document.refusal is None and document.kind not in _ELSEWHERE:
                    yield from _telling(document)


def tokens(files: SourceFiles) -> Iterator[Finding]:
    """FL704: a token that is known by its form. FL705: a private key. In any file."""
    for path, file in regular(files.tree):
        data = file.data
        if any(word in data for word in TOKEN_SCREEN):
            for found in TOKEN.finditer(data):
                if b"EXAMPLE" not in found[0] and len(set(found[0])) > _FEW:
                    told = f"{TITLES[found.lastgroup or '']} stands here in plain text"
                    place = _place(path, data, found.start())
                    yield Finding("FL704", Severity.ERROR, place, told, _REVOKE)
        if b"PRIVATE KEY" in data and (key := PRIVATE_KEY.search(data)):
            told = "a private key stands here in plain text"
            place = _place(path, data, key.start())
            yield Finding("FL705", Severity.ERROR, place, told, _REVOKE)


_FEW = 10
"""Different characters: a placeholder has no more."""


def cloud_keys(files: SourceFiles) -> Iterator[Finding]:
    """FL706: a pod is given an AWS key for good, where a role would do.

    Another store than AWS's, with an endpoint of its own, knows no roles.
    """
    for path, data in files.with_role(*Role):
        if not is_yaml(path) or b"AWS_" not in data or _OTHER_STORE.search(data):
            continue
        for document in readable(path, data):
            if document.kind in _ELSEWHERE:
                continue
            for place, name in _environment(document):
                told = f"{name}: a pod is given a key of AWS for good"
                hint = "give its ServiceAccount a role instead (eks.amazonaws.com/role-arn)"
                yield Finding("FL706", Severity.WARNING, place, told, hint)


def _telling(document: Document) -> Iterator[Finding]:
    for address, shown in _told(document):
        told = f"{shown} looks like a credential, in plain text"
        yield Finding("FL703", Severity.WARNING, document.places[address], told, _HIDE)


_DEPTH = 3
"""Texts in one another: a ConfigMap with values that hold a file, for example."""


def _told(document: Document, depth: int = 0) -> Iterator[tuple[Address, str]]:
    """The values that tell, each with what it stands under.

    One in a text that is YAML itself has the address of the text: a comment in there would not be
    one of the file.
    """
    for address, scalar in document.scalars.items():
        key = _key(document, address)
        # A tag such as !env_var says that the text is something else than itself.
        if scalar.tag is not None:
            continue
        if "\n" in scalar.value:
            for shown in _within(document, scalar.value, depth):
                yield address, f"{_steps(address)}: {shown}"
            continue
        if key is None or not _is_value(scalar):
            continue
        if is_telling(key, scalar.value) and not _has_reference(document, address):
            yield address, _shown(address, key)


def _within(document: Document, text: str, depth: int) -> Iterator[str]:
    data = text.encode(errors="surrogatepass")
    if depth < _DEPTH and _may_tell(data):
        for inner in readable(document.path, data):
            if inner.refusal is None and inner.kind not in _ELSEWHERE:
                yield from (shown for _, shown in _told(inner, depth + 1))


def _may_tell(data: bytes) -> bool:
    """A cheap look at the lines, before they are read as YAML."""
    lower = data.lower()
    if not any(word in lower for word in _WORDS):
        return False
    if _FLOW.search(data) is not None:
        return True
    pairs = _PAIR.finditer(data.decode(errors="replace"))
    return any(is_telling(f["key"] or f["name"], f["value"].strip(" \t\r'\"")) for f in pairs)


def _key(document: Document, address: Address) -> str | None:
    """The key that a value stands under: of an entry of `env` its name."""
    if not address or not isinstance(address[-1], str):
        return None
    if address[-1] == "value" and len(address) > 1:
        return document.text(*address[:-1], "name") or document.text(*address[:-1], "key")
    return address[-1]


def _is_value(scalar: Scalar) -> bool:
    return not is_boolean(scalar) and "\n" not in scalar.value and " " not in scalar.value.strip()


def _has_reference(document: Document, address: Address) -> bool:
    """Whether the mapping that holds a value names something that is kept elsewhere."""
    beside = {str(key) for key in document.keys(*address[:-1])}
    return not beside.isdisjoint({"secretKey", "remoteRef", "secretName", "valuesKey"})


def _environment(document: Document) -> Iterator[tuple[Place, str]]:
    for address, scalar in document.scalars.items():
        if address[-1:] == ("name",) and scalar.value in _KEYS and _in_env(address):
            yield document.places[address], scalar.value
        elif str(address[-1]) in _KEYS and "env" in address and is_literal(scalar.value):
            yield document.places[address], str(address[-1])


def _in_env(address: Address) -> bool:
    return any(isinstance(step, str) and step.lower().endswith("env") for step in address)


def _shown(address: Address, key: str) -> str:
    steps = _steps(address)
    return steps if address[-1] == key else f"{steps} ({key})"


def _steps(address: Address) -> str:
    return ".".join(map(str, address))


def _place(path: str, data: bytes, index: int) -> Place:
    return Place(path, data.count(b"\n", 0, index) + 1)

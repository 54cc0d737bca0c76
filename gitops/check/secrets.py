"""Secrets that are written down, and files that are encrypted only in part."""

import re
from collections.abc import Iterator

from gitops.check.credential_words import is_literal
from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles, readable, regular
from gitops.document import Document
from gitops.errors import InvalidInput, Place
from gitops.inclusion.kustomization import read_kustomization
from gitops.inclusion.source import join
from gitops.sites import is_yaml

SEALED = "ENC["
_SECRET = re.compile(rb"kind[\"']?[ \t]*:[ \t]*[\"']?Secret\b")
_DATA = ("data", "stringData")
_ENCRYPT = "encrypt the file with SOPS, or fetch the Secret with External Secrets"
_BASE64_EMPTY = frozenset({"", "Cg=="})


def plain_secrets(files: SourceFiles) -> Iterator[Finding]:
    """FL701: a Secret with values in plain text. FL709: one that is encrypted but for some.

    base64 hides nothing. Variables, templates and placeholders are no values.
    """
    for path, file in regular(files.tree):
        if not is_yaml(path) or _SECRET.search(file.data) is None:
            continue
        for document in readable(path, file.data):
            if document.kind != "Secret" or document.api_version != "v1":
                continue
            keys = [".".join(map(str, address)) for address in _open_values(document)]
            if keys and is_sealed(document):
                told = f"{', '.join(keys)}: SOPS encrypted this file, and not this"
                hint = "encrypt it anew, with an encrypted_regex that covers data and stringData"
                yield Finding("FL709", Severity.ERROR, _first(document), told, hint)
            elif keys:
                told = f"the Secret {document.name or ''} has plain text in {', '.join(keys)}"
                yield Finding("FL701", Severity.ERROR, _first(document), told, _ENCRYPT)


def generators(files: SourceFiles) -> Iterator[Finding]:
    """FL702: a secretGenerator with a text in it, or of a file that is not encrypted."""
    for path, data in files.with_role(Role.KUSTOMIZATION):
        if b"ecretGenerator" not in data:
            continue
        for document in readable(path, data):
            yield from _literals(document)
        yield from _files(files, path, data)


def lost_keys(files: SourceFiles) -> Iterator[Finding]:
    """FL710: values that SOPS encrypted, without what SOPS needs to decrypt them."""
    for path, data in files.with_role(Role.MANIFEST, Role.PATCH):
        if b"ENC[AES256_GCM," not in data:
            continue
        for document in readable(path, data):
            if is_sealed(document):
                continue
            for address, scalar in document.scalars.items():
                if scalar.value.startswith("ENC[AES256_GCM,"):
                    told = "a value that SOPS encrypted, and its `sops` block is gone"
                    hint = "restore the file as it was: nobody can decrypt it so"
                    yield Finding("FL710", Severity.ERROR, document.places[address], told, hint)
                    break


def is_sealed(document: Document) -> bool:
    """Whether SOPS encrypted the document."""
    return "mac" in document.keys("sops")


def _open_values(document: Document) -> Iterator[tuple[str, str]]:
    """Where a Secret says something itself."""
    for field in _DATA:
        for key in document.keys(field):
            value = document.text(field, key) or ""
            empty = field == "data" and value in _BASE64_EMPTY
            if not empty and is_literal(value):
                yield field, str(key)


def _first(document: Document) -> Place:
    for field in _DATA:
        for key in document.keys(field):
            return document.places[(field, key)]
    return Place(document.path, document.line)


def _literals(document: Document) -> Iterator[Finding]:
    field = next((k for k in map(str, document.keys()) if k.casefold() == "secretgenerator"), "")
    for index in document.keys(field):
        for at in document.keys(field, index, "literals"):
            key, _, value = (document.text(field, index, "literals", at) or "").partition("=")
            if is_literal(value.strip("\"'")):
                place = document.places[(field, index, "literals", at)]
                told = f"{field}: {key} is written here in plain text"
                yield Finding("FL702", Severity.ERROR, place, told, _ENCRYPT)


def _files(files: SourceFiles, path: str, data: bytes) -> Iterator[Finding]:
    try:
        links = read_kustomization(path, data).links
    except InvalidInput:
        return
    for link in links:
        target = join(path.rpartition("/")[0] or ".", link.target)
        file = None if target is None else files.tree.get(target)
        if link.field.casefold() != "secretgenerator" or file is None or not file.regular:
            continue
        if file.data.strip() and SEALED.encode() not in file.data and b"sops" not in file.data:
            told = f"{link.field}: {link.target} is not encrypted"
            yield Finding("FL702", Severity.WARNING, link.place, told, _ENCRYPT)

"""Every rule of source files, asked of one fleet."""

from collections.abc import Callable, Iterator

from gitops.check import (
    api_versions,
    belonging,
    credentials,
    encryption,
    kustomize_fields,
    patching,
    placeholders,
    secrets,
    syntax,
    tool_versions,
)
from gitops.check.finding import Finding
from gitops.check.source_files import SourceFiles
from gitops.fleet import Fleet

_RULES: tuple[Callable[[SourceFiles], Iterator[Finding]], ...] = (
    syntax.unreadable,
    syntax.repeated_keys,
    syntax.encodings,
    syntax.conflicts,
    syntax.leftovers,
    syntax.objects,
    kustomize_fields.fields,
    kustomize_fields.links,
    patching.patchings,
    belonging.leaning,
    belonging.unapplied,
    belonging.unbuilt,
    api_versions.removed,
    placeholders.placeholders,
    tool_versions.pipelines,
    secrets.plain_secrets,
    secrets.generators,
    secrets.lost_keys,
    credentials.values,
    credentials.tokens,
    credentials.cloud_keys,
    encryption.uncovered,
    encryption.undecrypted,
)


def source_files(fleet: Fleet) -> Iterator[Finding]:
    """What its files say, before anything is built of them: FL4xx and FL7xx."""
    files = SourceFiles.of(fleet)
    for rule in _RULES:
        yield from rule(files)

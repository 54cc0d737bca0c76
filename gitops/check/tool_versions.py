"""Versions of tools that a fleet's pipeline names beside those of `.tool-versions`.

Source: https://asdf-vm.com/manage/configuration.html#tool-versions
"""

import re
from collections.abc import Iterator, Mapping

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import SourceFiles, regular
from gitops.errors import Place

VERSIONS = ".tool-versions"
_PIPELINES = re.compile(r"\.gitlab-ci\.ya?ml|(?:\.github|\.gitea|\.forgejo)/workflows/[^/]+\.ya?ml")
_LINE = re.compile(r"^([a-z0-9][\w.-]*)[ \t]+v?(\d+\.\d+\.\d+)[ \t]*(?:#.*)?$", re.MULTILINE)
_ALIASES: Mapping[str, str] = {"flux2": "flux2|flux-cli|flux"}
"""Names of a tool in images, variables and actions, where its plugin for asdf has another."""


def pipelines(files: SourceFiles) -> Iterator[Finding]:
    """FL421: a pipeline that names another version of a tool than `.tool-versions` does."""
    file = files.tree.get(VERSIONS)
    if file is None or not file.regular:
        return
    wanted = dict(_LINE.findall(file.data.decode(errors="replace")))
    for path, each in regular(files.tree):
        if _PIPELINES.fullmatch(path):
            yield from _differing(wanted, path, each.data.decode(errors="replace"))


def _differing(wanted: Mapping[str, str], path: str, text: str) -> Iterator[Finding]:
    for tool, version in wanted.items():
        for found in _named(tool).finditer(text):
            if found["version"] != version:
                line = text.count("\n", 0, found.start("version")) + 1
                column = found.start("version") - text.rfind("\n", 0, found.start("version"))
                told = f"names {tool} {found['version']}, and {VERSIONS} says {version}"
                hint = f"read it from {VERSIONS}, as `make tools` does"
                yield Finding("FL421", Severity.WARNING, Place(path, line, column), told, hint)


def _named(tool: str) -> re.Pattern[str]:
    """A tool with a version behind it: `TOOL_VERSION: 1.2.3`, `TOOL:v1.2.3`, `TOOL@1.2.3`."""
    name = _ALIASES.get(tool, re.escape(tool))
    between = r"(?:[_-]version)?[\"']?[ \t]*[:=@/_ ]v?[ \t]*[\"']?v?"
    return re.compile(rf"(?i)(?<![\w-])(?:{name}){between}(?P<version>\d+\.\d+\.\d+)(?![\d.])")

"""A tag template as a shell writes it, and as the forges filter by it. Pure.

The words that are made here stand in `tags.sh`, which knows these variables: `commit`, `branch`
(with `-` for what a tag cannot hold), `tag`, `version`, `semver`, and `year month day hour minute
second epoch` of the moment of the build, in UTC.
"""

import re
import shlex
from collections.abc import Iterable, Iterator

from gitops.scaffold.app_ci.pipeline import Build, Pipeline
from gitops.tag_template import Template

_UNITS = {
    "Y": "year",
    "m": "month",
    "d": "day",
    "H": "hour",
    "M": "minute",
    "S": "second",
    "s": "epoch",
}
_NO_TAG = re.compile(r"[^A-Za-z0-9_.-]")
_WHOLE = 40


def shell_word(template: Template) -> str:
    """The template as a word in double quotes, its fields as variables.

    Its plain text is made of characters that mean nothing to a shell there.
    """
    return f'"{"".join(_segments(template))}"'


def _segments(template: Template) -> Iterator[str]:
    for segment in template.segments:
        if not segment.name:
            yield segment.text
        elif segment.name == "timestamp":
            yield re.sub(r"%(.)", lambda unit: f"${{{_UNITS[unit[1]]}}}", segment.text)
        elif segment.name == "sha":
            yield f"${{{_sha(segment.width)}}}"
        else:
            yield f"${{{segment.name}}}"


def _sha(width: int | None) -> str:
    return "commit" if width in {None, _WHOLE} else f"sha{width}"


def shortened(templates: Iterable[Template]) -> str:
    """The assignments of the shortened commits that the templates name, a line each."""
    sha = (s.width for t in templates for s in t.segments if s.name == "sha")
    widths = sorted({width for width in sha if width is not None} - {_WHOLE})
    return "".join(f"sha{width}=$(printf '%.{width}s' \"$commit\")\n" for width in widths)


def branch_cases(branches: Iterable[str]) -> str:
    """The cases of a `case $branch`, each of which makes the branch fit into a tag."""
    return "".join(
        f"  {shlex.quote(name)}) branch={shlex.quote(_NO_TAG.sub('-', name))} ;;\n"
        for name in branches
    )


def emitted(builds: Iterable[Build], *, release: bool) -> str:
    """The lines that print each image with its tag."""
    lines = []
    for build in builds:
        template = build.release_tag if release else build.branch_tag
        if template is not None:
            lines.append(f"  emit {shlex.quote(build.image)} {shell_word(template)}\n")
    return "".join(lines)


def around(tags: Template) -> tuple[str, str]:
    """The plain text before and after the only field of a git tag's template."""
    texts = ["", ""]
    behind = 0
    for segment in tags.segments:
        if segment.name:
            behind = 1
        else:
            texts[behind] += segment.text
    return texts[0], texts[1]


def reading(tags: Template) -> str:
    """The lines that take the version's text out of `tag`, or refuse it."""
    before, after = (shlex.quote(text) if text else "" for text in around(tags))
    lines = [f"case $tag in\n  {before}?*{after}) ;;"]
    lines += [f'*) refuse "$shown is no tag like {tags}" ;;\n  esac', "text=$tag"]
    if before:
        lines.append(f"text=${{text#{before}}}")
    if after:
        lines.append(f"text=${{text%{after}}}")
    if tags.fields == {"tag"}:
        lines.append("text=${text#v}")
    return "".join(f"  {line}\n" for line in lines)


def globs(tags: Template) -> tuple[str, ...]:
    """Filters for GitHub and Gitea that let every tag of the template pass, and few others.

    Source: GitHub's workflow syntax, "Filter pattern cheat sheet": `*` stops at a slash, and `+`
    must be escaped.
    """
    before, after = (text.replace("+", "\\+") for text in around(tags))
    heads = ("v", "") if tags.fields == {"tag"} else ("",)
    return tuple(f"{before}{head}[0-9]*{after}" for head in heads)


def expression(tags: Template) -> str:
    """The same for GitLab, as the regular expression between two slashes.

    Source: GitLab's "CI/CD job rules": RE2, in which a slash must be escaped.
    """
    before, after = (re.escape(text).replace("/", "\\/") for text in around(tags))
    head = "v?" if tags.fields == {"tag"} else ""
    return f"^{before}{head}[0-9]+\\.[0-9].*{after}$" if after else f"^{before}{head}[0-9]+\\.[0-9]"


def templates_of(pipeline: Pipeline) -> Iterator[Template]:
    """Every template that the pipeline writes a tag by."""
    for build in pipeline.builds:
        yield build.release_tag
        if build.branch_tag is not None and pipeline.branches:
            yield build.branch_tag

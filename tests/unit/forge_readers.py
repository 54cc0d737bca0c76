"""What forges read in a text: a model made from their sources and manuals, not from our code.

Markdown is parsed by markdown-it, by CommonMark with GitHub's tables and strikethrough; what is
text then, and no code, is searched for what each forge acts on. GitLab's quick actions are looked
for in the raw text, as GitLab does, once for each of the ways in which it may see fences.

Sources: GitLab Docs, "Quick actions", "GitLab-specific references", "Closing issues automatically";
GitLab, lib/gitlab/quick_actions/extractor.rb; GitHub Docs, "Autolinked references and URLs",
"Linking a pull request to an issue"; Gitea 1.26, modules/references/references.go and
modules/markup/mdstripper.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

_KEYWORD = r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)"
_SIGNS = {
    "mention": r"(?<![A-Za-z0-9_])@[A-Za-z0-9_-]",
    "reference": r"(?<![A-Za-z0-9_&])[#!&%$~^]\w",
    "closing keyword": rf"(?i){_KEYWORD}:?\s+(?:issues?\s+)?(?:\S*[#!]\d|GH-\d|https?://)",
    "GitHub issue": r"(?i)\bGH-\d",
    "reference to another project": r"[\w.-]+/[\w.-]+[#!&]\d",
    "commit of another project": r"[\w.-]+/[\w.-]+@[0-9a-f]{7,}",
    "named reference": r"\[(?:issue|epic|vulnerability|feature_flag|contact|work_item):",
    "bare link": r"(?i)\b(?:https?|ftp|mailto|irc|javascript|data):\S|\bwww\.\w",
    "time log": r"(?<!\S)@\d+(?:[.,]\d+)?[wdmh]",
    "emoji": r":[a-z0-9_+-]+:",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _SIGNS.items()}

_COMMAND = re.compile(r"(?m)^[ \t]*/[A-Za-z_]+")
_GITLAB_BLOCK = re.compile(r"(?ms)^```.+?\n```[ ]*$")
_GITLAB_SPAN = re.compile(r"`[^`\n]+?`")

_FOLD = "<details><summary>What Flux would apply, as kustomize renders it</summary>"
_OWN_HTML = re.compile(rf"<!-- fairlead: [^\n]* -->|{re.escape(_FOLD)}|</details>")


def found(body: str) -> list[str]:
    """Everything in a body that a forge would act on; our own marks and our one fold left out."""
    tokens = _MARKDOWN.parse(body)
    folds = sum(each.content.count("</details>") for each in tokens if each.type == "html_block")
    return [*commands(body), *_in(tokens), *(["a fold"] if folds > 1 else [])]


def found_in_title(title: str) -> list[str]:
    """Everything in a title that a forge would act on: it is text, and on some forges Markdown."""
    tokens = _MARKDOWN.parseInline(title)
    return [
        *(["a second line"] if len(title.splitlines()) > 1 else []),
        *_in(tokens),
        *_signs(title),
    ]


def commands(text: str) -> list[str]:
    """Quick actions: in the raw text, in what GitLab's patterns leave of it, and in no code."""
    left = _GITLAB_SPAN.sub("code", _GITLAB_BLOCK.sub("code", text))
    outside = "\n".join(_lines_outside_of_code(text))
    return [
        f"command {m.group()!r}" for seen in (text, left, outside) for m in _COMMAND.finditer(seen)
    ]


def _lines_outside_of_code(text: str) -> Iterator[str]:
    lines = re.split(r"\r\n|\r|\n", text)
    hidden = {
        number
        for token in _MARKDOWN.parse(text)
        if token.type in {"fence", "code_block"} and token.map
        for number in range(*token.map)
    }
    yield from (line for number, line in enumerate(lines) if number not in hidden)


def _in(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "html_block" | "html_inline":
                rest = _OWN_HTML.sub("", token.content)
                # What stands in an HTML block is text to a forge that cleans it.
                if "<" in rest:
                    yield f"HTML {rest!r}"
                yield from _signs(rest)
            case "link_open":
                yield f"link {token.attrs.get('href')!r}"
            case "image":
                yield f"image {token.attrs.get('src')!r}"
            case "text":
                yield from _signs(token.content)
            case "inline":
                yield from _in(token.children or [])
            case "fence":
                if token.info not in {"", "diff"}:
                    yield f"fence {token.info!r}"
            case _:
                pass


def _signs(text: str) -> Iterator[str]:
    for name, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            yield f"{name} {match.group()!r}"

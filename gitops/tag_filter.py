r"""Patterns over tags, and the templates by which a value is taken out of one. Pure.

Patterns and tags come from strangers, so patterns run on RE2, whose time is linear in the tag.

    Filter(r"^main-[0-9a-f]+-(?P<stamp>[0-9]+)$", "$stamp").extract("main-0a1b-1606364286")

Source: image-reflector-controller, `filterTags`, and Go's `regexp.Expand`; shared/reference/flux.md
sections 1.2 and 2.4.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from gitops.errors import InvalidInput

PATTERN_LIMIT: Final = 256
"""Characters in a pattern or a template."""

TAG_LIMIT: Final = 255
"""Characters in a tag that a pattern is tried on; OCI allows 128."""

UNREADABLE: Final = f"not ASCII, or longer than {TAG_LIMIT} characters"
NO_MATCH: Final = "does not match the pattern"

# The longest name counts: `$1_x` names a group `1_x`. A `$` that begins none of these is itself.
_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<braced>[0-9A-Za-z_]+)\}|(?P<bare>[0-9A-Za-z_]+))"
)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
# RE2 knows it, Go's regexp does not: a byte, where everything else counts characters.
_ONE_BYTE = re.compile(r"(?:[^\\]|\\[^C])*?\\C", re.DOTALL)
_NAMED = re.compile(r"\(\?P?<([^>]*)>")

Extract = Callable[[str], str | None]
"""The value that stands for a tag; None when the pattern does not match. ASCII only."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tags a policy sees, and as what.

    Raises:
        InvalidInput: the pattern or the template is too long or not ASCII, or RE2 cannot run it.
    """

    pattern: str
    """RE2 syntax. Unanchored, as Flux's is: `^` and `$` say where it must begin and end."""
    template: str = ""
    """`$name`, `${name}`, `$1`, `$0`, and `$$` for a dollar; a group that is unknown or did not
    take part is empty. Without a template the value is the tag itself."""

    def __post_init__(self) -> None:
        compiled(self.pattern)
        if len(self.template) > PATTERN_LIMIT or not self.template.isascii():
            raise InvalidInput(
                f"the template is not ASCII, or longer than {PATTERN_LIMIT}",
                "write a template such as '$stamp' or '${major}.${minor}'",
            )

    def extractor(self) -> Extract:
        """How a value is taken out of a tag of ASCII text; made once for a list."""
        pattern = compiled(self.pattern)
        search = pattern.search
        parts = _parts(self.template, pattern.groups, _groups(pattern))
        match parts:
            case []:
                return lambda tag: tag if search(tag.encode("ascii")) else None
            case [int(number)]:

                def group(tag: str) -> str | None:  # a call saved is a second in a million tags
                    found = search(tag.encode("ascii"))
                    if found is None:
                        return None
                    value: bytes | None = found[number]
                    return value.decode("ascii") if value else ""

                return group
            case _:
                return lambda tag: _expanded(search(tag.encode("ascii")), parts)

    def strangers(self) -> tuple[str, ...]:
        """What the template refers to and the pattern has no group for: always empty."""
        pattern = compiled(self.pattern)
        names = _groups(pattern)
        found = (r["braced"] or r["bare"] for r in _REFERENCE.finditer(self.template))
        return tuple(
            name
            for name in found
            if name is not None
            and (int(name) > pattern.groups if _NUMBER.fullmatch(name) else name not in names)
        )

    def extract(self, tag: str) -> str | None:
        """The value that stands for one tag; None when it is passed over."""
        return self.extractor()(tag) if is_readable(tag) else None


def is_readable(tag: str) -> bool:
    """Whether a pattern is tried on the tag at all; else it is passed over as `UNREADABLE`."""
    return len(tag) <= TAG_LIMIT and tag.isascii()


def group_names(pattern: str) -> frozenset[str]:
    """The names of a pattern's groups.

    Raises:
        InvalidInput: see `compiled`.
    """
    return frozenset(_groups(compiled(pattern)))


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The RE2 object, which has no types of its own; it takes bytes.

    Raises:
        InvalidInput: the pattern is too long, not ASCII, or RE2 cannot run it.
    """
    hint = "write RE2 syntax with a group, such as 'main-(?P<version>[0-9]+)'"
    if len(pattern) > PATTERN_LIMIT or not pattern.isascii():
        raise InvalidInput(f"the pattern is not ASCII, or longer than {PATTERN_LIMIT}", hint)
    if _ONE_BYTE.match(pattern):
        raise InvalidInput(rf"the pattern {pattern!a} cannot be run: \C is not allowed", hint)
    names = _NAMED.findall(pattern)
    if len(names) != len(set(names)):
        # Go takes the first of them that took part; RE2 does not tell which they are.
        raise InvalidInput(f"the pattern {pattern!a} names two groups alike", "rename one")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode("ascii"), options)
    except re2.error as error:
        reason = error.args[0].decode("ascii", "replace") if error.args else "unknown"
        raise InvalidInput(f"the pattern {pattern!a} cannot be run: {reason}", hint) from error


def _groups(pattern: Any) -> dict[str, int]:
    return {name.decode("ascii"): number for name, number in pattern.groupindex.items()}


def _parts(template: str, groups: int, names: dict[str, int]) -> list[str | int]:
    """Texts and numbers of groups, in order."""
    parts: list[str | int] = []
    end = 0
    for reference in _REFERENCE.finditer(template):
        parts.append(template[end : reference.start()])
        end = reference.end()
        name = reference["braced"] or reference["bare"]
        if name is None:
            parts.append("$")
        elif _NUMBER.fullmatch(name):
            parts += [int(name)] if int(name) <= groups else []
        else:
            parts += [names[name]] if name in names else []
    parts.append(template[end:])
    found = [part for part in parts if part != ""]
    return found or ([""] if template else [])


def _expanded(found: Any, parts: list[str | int]) -> str | None:
    if found is None:
        return None
    texts = (part if isinstance(part, str) else (found[part] or b"").decode() for part in parts)
    return "".join(texts)

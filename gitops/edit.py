"""Replace scalars of a YAML file in place, and prove that nothing else changed.

    >>> replace("a.yaml", b"tag: v1.0  # kept", [Replacement(0, ("tag",), "1.10")])
    b'tag: "1.10"  # kept'

The new text is spliced into the old one at the scalar's span, so comments, quotes, line ends and
layout stay to the byte. What that cannot do safely is refused, with the place and the reason.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops.document import Address, Document, Scalar, documents, is_boolean
from gitops.errors import EditRefused, InvalidInput, Place
from gitops.events import decode
from gitops.outline import said
from gitops.tree import File, Mode

_WORDS = frozenset({"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_OTHER = re.compile(
    r"""[-+]?(?:
        (?: [0-9]+ (?: :[0-9]+ )* (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][-+]?[0-9]+ )?
      | 0[bB][01]+ | 0[oO][0-7]+ | 0[xX][0-9a-fA-F]+
      | \.inf
    ) | \.nan
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt\ ].* )?
      | << | =
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
# Less than YAML allows without quotes; what is left out is quoted, which is never wrong.
_PLAIN = re.compile(
    r"(?:[A-Za-z0-9_/]|\./)(?:[A-Za-z0-9_.+@/-]|:(?=[A-Za-z0-9_./])|[ ](?=[A-Za-z0-9_/]))*"
)
_TEXT = re.compile(
    "[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A scalar and the text it shall have.

    `document` is `Document.index`. With `boolean` the scalar is a plain true or false and stays
    one, and `new` is "true" or "false"; without it the scalar is a string afterwards.
    """

    document: int
    address: Address
    new: str
    boolean: bool = False


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def editable(file: File) -> bool:
    """Whether the file's bytes are its own: no symlink, no submodule, not too large to be read."""
    return why_not_editable(file) is None


def why_not_editable(file: File) -> str | None:
    """Why nothing in a file may be replaced; None when it may, as far as its mode says."""
    match file.mode:
        case Mode.SYMLINK:
            return "is a symlink; edit its target"
        case Mode.SUBMODULE:
            return "is a submodule; edit it in its own repository"
        case Mode.FILE | Mode.EXECUTABLE:
            return f"is {file.unread}" if file.unread else None


def reads_as_string(text: str) -> bool:
    """Whether YAML 1.1, YAML 1.2 and Go's readers all take the plain scalar `text` as a string.

    Source: https://yaml.org/type/ (1.1), YAML 1.2.2 section 10.3 (core schema). Numbers are told
    more widely than by either, for readers differ in underscores, exponents and sexagesimals.
    """
    return text.lower() not in _WORDS and not _OTHER.fullmatch(text.replace("_", ""))


def replace(path: str, data: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The file with these scalars replaced, all or none; `data` itself when nothing changes.

    A number may become a string, since an unquoted version such as `1.10` is one to YAML; true,
    false and null stay what they are.

    Raises:
        EditRefused: a scalar is absent or cannot be replaced without touching anything else; with
            its place and the reason.
        InvalidInput: the file is no YAML that `documents` reads.
    """
    before = {document.index: document for document in documents(path, data)}
    wanted = _wanted(path, replacements)
    splices = []
    for replacement in wanted.values():
        scalar = _scalar(path, before.get(replacement.document), replacement)
        splice = _splice(path, scalar, replacement)
        if splice is not None:
            splices.append(splice)
    if not splices:
        return data
    edited = _spliced(decode(path, data), splices).encode()
    _prove(path, before, edited, wanted)
    return edited


def _wanted(
    path: str, replacements: Iterable[Replacement]
) -> dict[tuple[int, Address], Replacement]:
    wanted: dict[tuple[int, Address], Replacement] = {}
    for replacement in replacements:
        same = wanted.setdefault((replacement.document, replacement.address), replacement)
        if same != replacement:
            what = f"{shown(same.address)} would become {same.new!r} and {replacement.new!r}"
            raise EditRefused(what, "ask for one of them", Place(path))
    return wanted


def _scalar(path: str, document: Document | None, replacement: Replacement) -> Scalar:
    """The scalar to replace, which nothing about its writing or its document forbids."""
    if document is None:
        raise EditRefused(f"there is no document {replacement.document + 1}", place=Place(path))
    scalar = document.scalars.get(replacement.address)
    if scalar is None:
        above = replacement.address
        while above and above not in document.places:
            above = above[:-1]
        place = document.places.get(above, Place(path, document.line, 1))
        name = shown(replacement.address)
        if above == replacement.address:
            raise EditRefused(f"{name} is a list or a mapping", place=place)
        raise EditRefused(f"there is no {name}", "write it by hand first", place)
    if scalar.refusal is not None:
        hint = "edit it by hand" if document.refusal is None else "edit it with sops"
        name = shown(replacement.address)
        raise EditRefused(f"{name} {scalar.refusal}", hint, _place(path, scalar))
    return scalar


def _splice(path: str, scalar: Scalar, replacement: Replacement) -> _Splice | None:
    """What to write where; None when the scalar is so already."""
    new = replacement.new
    if replacement.boolean:
        if not is_boolean(scalar) or new not in {"true", "false"}:
            raise _refused(path, scalar, "is not true or false, or would not stay so")
        return None if scalar.value == new else _Splice(scalar.start, scalar.end, new)
    if not scalar.is_text and scalar.value.lower() in _WORDS:
        raise _refused(path, scalar, "is read as true, false or null, not as text")
    if not _TEXT.fullmatch(new):
        hint = "leave out line breaks and control characters"
        raise _refused(path, scalar, f"cannot become {new!r}", hint)
    if scalar.value == new and _is_string(scalar):
        return None
    return _Splice(scalar.start, scalar.end, _written(scalar, new))


def _refused(path: str, scalar: Scalar, why: str, hint: str | None = None) -> EditRefused:
    return EditRefused(f"{shown(scalar.address)} {why}", hint, _place(path, scalar))


def _written(scalar: Scalar, new: str) -> str:
    """`new` in the scalar's own quotes, or in quotes that it needs."""
    if scalar.style == "single":
        return "'" + new.replace("'", "''") + "'"
    if scalar.style == "plain" and _PLAIN.fullmatch(new) and reads_as_string(new):
        return new
    return '"' + new.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_string(scalar: Scalar) -> bool:
    return scalar.is_text or (scalar.tag in {None, "!"} and reads_as_string(scalar.value))


def _spliced(text: str, splices: Iterable[_Splice]) -> str:
    parts = []
    done = 0
    for splice in sorted(splices, key=lambda splice: splice.start):
        parts += [text[done : splice.start], splice.text]
        done = splice.end
    return "".join([*parts, text[done:]])


def _prove(
    path: str,
    before: Mapping[int, Document],
    edited: bytes,
    wanted: Mapping[tuple[int, Address], Replacement],
) -> None:
    """Read the result again: the wanted scalars say what they shall, every other what it said."""
    if _proven_by_lines(before, edited, wanted):
        return
    try:
        after = {document.index: document for document in documents(path, edited)}
    except InvalidInput as error:
        raise EditRefused(f"the edit would break the file ({error})", place=Place(path)) from error
    if after.keys() != before.keys():
        raise EditRefused("the edit would change which documents there are", place=Place(path))
    for index, old in before.items():
        new = after[index]
        if new.branches != old.branches or new.scalars.keys() != old.scalars.keys():
            raise EditRefused("the edit would change what else is there", place=Place(path))
        if new.refusal != old.refusal:
            what = f"after the edit the document {new.refusal}"
            raise EditRefused(what, place=Place(path, old.line, 1))
        for address, scalar in old.scalars.items():
            replacement = wanted.get((index, address))
            if not _as_wanted(scalar, new.scalars[address], replacement):
                what = f"the edit would change {shown(address)} in a way nobody asked for"
                raise EditRefused(what, place=_place(path, scalar))


def _proven_by_lines(
    before: Mapping[int, Document],
    edited: bytes,
    wanted: Mapping[tuple[int, Address], Replacement],
) -> bool:
    """Whether only the wanted scalars' lines differ, and these as they shall; False: not known yet.

    Two readers have to agree on each of these lines: `line` and libyaml, which gets it alone.
    """
    plain = next((document.plain for document in before.values()), None)
    changed = plain.changed(edited) if plain is not None else None
    if changed is None:
        return False
    for (index, address), replacement in wanted.items():
        old = before[index].scalars[address]
        differs = _differs(*changed.pop(old.line, ("", "")))
        if differs is None or (differs[0].value, differs[0].style) != (old.value, old.style):
            return False
        if not _as_wanted(old, differs[1], replacement):
            return False
    return not changed


def _differs(before: str, after: str) -> tuple[Scalar, Scalar] | None:
    """The only scalar that libyaml reads otherwise in a later line; None with other differences."""
    was, now = said(before), said(after)
    if was is None or now is None or len(was) != len(now):
        return None
    pairs = [(old, new) for old, new in zip(was, now, strict=True) if old != new]
    if len(pairs) != 1:
        return None
    old, new = pairs[0]
    return (old, new) if isinstance(old, Scalar) and isinstance(new, Scalar) else None


def _as_wanted(old: Scalar, new: Scalar, replacement: Replacement | None) -> bool:
    if replacement is None:
        return (new.value, new.style, new.tag) == (old.value, old.style, old.tag)
    if new.value != replacement.new or new.tag != old.tag:
        return False
    if replacement.boolean:
        return is_boolean(new)
    return _is_string(new) and old.style in {"plain", new.style}


def _place(path: str, scalar: Scalar) -> Place:
    return Place(path, scalar.line, scalar.column)


def shown(address: Address) -> str:
    """An address as a person writes it: `spec.images[0].tag`; `the document` for its root."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in address)
    return text.removeprefix(".") or "the document"

"""Variables in a path, as a Flux Kustomization's postBuild fills them in.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gitops.inclusion.flux_objects import SourceRef
from gitops.inclusion.source import from_root

_VARIABLE = re.compile(r"\$?\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>[^}]*)\}|\$\{[^}]*\}")
_NESTED = re.compile(r"\$\{[^{}]*\$\{.*\}", re.DOTALL)
UNKNOWN = "\0"
"""Stands in a text for what nobody here can know."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """What is known of the variables in the objects that one Flux Kustomization applies.

    `open` is true where a variable may also get its value in the cluster (`substituteFrom`), or
    where nothing fills it in.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    open: bool = True

    @classmethod
    def of(cls, spec: Mapping[str, object]) -> "Substitution":
        """What `spec.postBuild` of a Flux Kustomization says.

        A value that itself holds a variable is unknown.
        """
        post_build = spec.get("postBuild")
        if not isinstance(post_build, Mapping):
            return cls()
        values = post_build.get("substitute")
        pairs = values.items() if isinstance(values, Mapping) else ()
        texts = {str(k): v if isinstance(v, str) and "$" not in v else UNKNOWN for k, v in pairs}
        return cls(texts, open=bool(post_build.get("substituteFrom")))

    def fill(self, text: str) -> str:
        """`text` with its variables filled in; NUL stands for what nobody here can know."""
        return _VARIABLE.sub(self._value, _NESTED.sub(UNKNOWN, text))

    def _value(self, found: re.Match[str]) -> str:
        if found.group().startswith("$$"):
            return found.group()[1:]
        known = self.values.get(found["name"] or "")
        default = found["rest"] or ""
        defaults = default[:2] in {":=", ":-"}
        # An empty value takes the default, as a missing one does.
        if known or (known is not None and not default):
            return known if not default or defaults else UNKNOWN
        if (known is not None or not self.open) and defaults and "$" not in default:
            return default[2:]
        return UNKNOWN

    def known(self, text: str) -> tuple[str, tuple[str, ...]]:
        """`text` with what is known filled in, and the expressions that still stand there.

        A text of many lines is read line by line, as no expression goes on in the next one.
        """
        left: list[str] = []

        def value(found: re.Match[str]) -> str:
            filled = self._value(found)
            if UNKNOWN not in filled:
                return filled
            left.append(found.group())
            return found.group()

        def line(text: str) -> str:
            nested = _NESTED.search(text)
            if nested is None:
                return _VARIABLE.sub(value, text)
            left.append(nested.group())
            return text

        lines = text.split("\n") if "${" in text else [text]
        return "\n".join(map(line, lines)), tuple(left)

    def source(self, ref: SourceRef) -> SourceRef:
        """A reference with its variables filled in."""
        namespace = None if ref.namespace is None else self.fill(ref.namespace)
        return SourceRef(ref.kind, self.fill(ref.name), namespace)

    def spec(self, value: object) -> object:
        """A spec with the variables in its texts filled in, as far as they are known."""
        if isinstance(value, str):
            filled = self.fill(value) if "${" in value else value
            return value if UNKNOWN in filled else filled
        if isinstance(value, Mapping):
            return {key: self.spec(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.spec(each) for each in value]
        return value

    def directories(self, path: str, served: Iterable[str]) -> tuple[str, ...]:
        """The served directories that a Flux `path` names or may name.

        A variable without a known value may stand for any text, slashes included.
        """
        filled, _ = from_root(self.fill(path))
        if UNKNOWN not in filled:
            return (filled,)
        steps = re.compile("".join(_step(step) for step in filled.split("/")))
        return tuple(sorted(d for d in served if steps.fullmatch("" if d == "." else f"{d}/")))


def _step(step: str) -> str:
    if not step.strip(UNKNOWN):
        return "(?:.*/)?"
    return ".*".join(re.escape(text) for text in step.split(UNKNOWN)) + "/"

"""Variables in a path, as a Flux Kustomization's postBuild fills them in.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gitops.inclusion.source import from_root

_VARIABLE = re.compile(r"\$?\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>[^}]*)\}|\$\{[^}]*\}")
_UNKNOWN = "\0"


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
        texts = {str(k): v if isinstance(v, str) and "$" not in v else _UNKNOWN for k, v in pairs}
        return cls(texts, open=bool(post_build.get("substituteFrom")))

    def fill(self, text: str) -> str:
        """`text` with its variables filled in; NUL stands for what nobody here can know."""
        return _VARIABLE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        if found.group().startswith("$$"):
            return found.group()[1:]
        known = self.values.get(found["name"] or "")
        if known is not None:
            return known if not found["rest"] or found["rest"][:2] in {":=", ":-"} else _UNKNOWN
        default = found["rest"] or ""
        if not self.open and default[:2] in {":=", ":-"} and "$" not in default:
            return default[2:]
        return _UNKNOWN

    def directories(self, path: str, served: Iterable[str]) -> tuple[str, ...]:
        """The served directories that a Flux `path` names or may name.

        A variable without a known value may stand for any text, slashes included.
        """
        filled, _ = from_root(self.fill(path))
        if _UNKNOWN not in filled:
            return (filled,)
        steps = re.compile("".join(_step(step) for step in filled.split("/")))
        return tuple(sorted(d for d in served if steps.fullmatch("" if d == "." else f"{d}/")))


def _step(step: str) -> str:
    if not step.strip(_UNKNOWN):
        return "(?:.*/)?"
    return ".*".join(re.escape(text) for text in step.split(_UNKNOWN)) + "/"

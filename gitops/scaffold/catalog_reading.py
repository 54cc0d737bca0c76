"""The fields of a mapping of our own, each read once and as what it has to be."""

from collections.abc import Iterator, Mapping, Sequence


class Fields:
    """A mapping whose fields are taken one by one; `done` refuses what nobody took.

    Each method raises ValueError where the field is missing or is something else.
    """

    def __init__(self, where: str, data: object) -> None:
        self._where = where
        self._left: dict[str, object] = dict(_mapping(where, data))

    def text(self, key: str, default: str | None = None) -> str:
        """A text; with a default it may be missing."""
        found = self._left.pop(key, default)
        if not isinstance(found, str):
            raise _wrong(f"{self._where}.{key}", "is no text")
        return found

    def text_or_null(self, key: str) -> str | None:
        """A text, or a null that is written down."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return None
        return self.text(key)

    def flag(self, key: str) -> bool:
        """True or false; false where it is missing."""
        found = self._left.pop(key, False)
        if not isinstance(found, bool):
            raise _wrong(f"{self._where}.{key}", "is neither true nor false")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where it is missing."""
        found = self._sequence(key)
        if not all(isinstance(each, str) for each in found):
            raise ValueError(f"{self._where}.{key} has something that is no text")
        return tuple(map(str, found))

    def addresses(self, key: str) -> Iterator[Sequence[str | int]]:
        """A list of lists of texts and numbers; empty where it is missing."""
        for each in self._sequence(key):
            if not isinstance(each, list) or not all(isinstance(s, str | int) for s in each):
                raise ValueError(f"{self._where}.{key} has something that is no address")
            yield each

    def mapping(self, key: str) -> Mapping[str, object]:
        """A mapping; empty where it is missing."""
        return _mapping(f"{self._where}.{key}", self._left.pop(key, {}))

    def each(self, key: str) -> Iterator[tuple[str, "Fields"]]:
        """The entries of a mapping of mappings; none where it is missing."""
        for name, data in self.mapping(key).items():
            yield name, Fields(f"{self._where}.{key}.{name}", data)

    def items(self, key: str) -> Iterator["Fields"]:
        """The items of a list of mappings; none where it is missing."""
        for index, data in enumerate(self._sequence(key)):
            yield Fields(f"{self._where}.{key}[{index}]", data)

    def done(self) -> None:
        """Refuse fields that nobody reads."""
        if self._left:
            raise ValueError(f"{self._where} has {', '.join(self._left)}, which nobody reads")

    def _sequence(self, key: str) -> Sequence[object]:
        found = self._left.pop(key, [])
        if not isinstance(found, list):
            raise _wrong(f"{self._where}.{key}", "is no list")
        return found


def _mapping(where: str, data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise _wrong(where, "is no mapping")
    return data


def _wrong(where: str, told: str) -> ValueError:
    return ValueError(f"{where} {told}")

"""The nodes of a plain document as mappings, each made when somebody asks for it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TypeVar

from gitops.events import Position
from gitops.nodes import Address, Scalar
from gitops.plain import Plain

_T = TypeVar("_T")


class _Lazy(Mapping[Address, _T]):
    """What is at each address; whoever goes through all of it makes it once and for all."""

    __slots__ = ("_all", "_plain")
    _of_scalars = False

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._all: dict[Address, _T] | None = None

    @abstractmethod
    def _one(self, address: Address) -> _T | None:
        """What is at an address; None where nothing is."""

    def _made(self) -> dict[Address, _T]:
        if self._all is None:
            addresses = self._plain.addresses(scalars=self._of_scalars)
            self._all = {at: one for at in addresses if (one := self._one(at)) is not None}
        return self._all

    def __getitem__(self, address: Address) -> _T:
        found = self._one(address) if self._all is None else self._all.get(address)
        if found is None:
            raise KeyError(address)
        return found

    def __contains__(self, address: object) -> bool:
        return isinstance(address, tuple) and self.get(address) is not None

    def __iter__(self) -> Iterator[Address]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())


class Scalars(_Lazy[Scalar]):
    """Every scalar. An edit asks again for the few that a survey has asked for."""

    __slots__ = ("_asked",)
    _of_scalars = True

    def __init__(self, plain: Plain) -> None:
        super().__init__(plain)
        self._asked: dict[Address, Scalar | None] = {}

    def _one(self, address: Address) -> Scalar | None:
        if address not in self._asked:
            self._asked[address] = self._plain.scalar(address)
        return self._asked[address]

    def _made(self) -> dict[Address, Scalar]:
        made = super()._made()
        self._asked = {}
        return made


class Branches(_Lazy[dict[str, None] | range]):
    """The keys of each mapping, the indexes of each list."""

    __slots__ = ()

    def _one(self, address: Address) -> dict[str, None] | range | None:
        return self._plain.branch(address)


class Positions(_Lazy[Position]):
    """Where each list and mapping begins."""

    __slots__ = ()

    def _one(self, address: Address) -> Position | None:
        return self._plain.position(address)

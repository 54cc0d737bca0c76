"""What goes wrong on purpose: lost answers, limits, and what others do in between."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.stand_ins.web import Answer, Call


@dataclass
class _Trouble:
    """An empty method: any. The first `skip` of such calls are let through."""

    method: re.Pattern[str]
    path: re.Pattern[str]
    times: int
    act: Callable[[Call], Answer | None]
    afterwards: bool
    skip: int = 0


@dataclass
class Chaos:
    """Nothing happens until it is asked for. Methods and paths are regular expressions.

    A method is that as a whole, empty for any; in a path it is searched.
    """

    stale_lists: bool = False
    """Whether lists tell what they told when this was switched on."""
    doubled_hooks: bool = False
    """Whether each webhook is delivered twice."""
    _troubles: list[_Trouble] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, method: str, path: str, act: Callable[[], None], times: int = 1) -> None:
        """Somebody acts just before a call is carried out: a moved head, say."""

        def acting(_: Call) -> None:
            act()

        self._add(method, path, times, acting)

    def refuse(self, method: str, path: str, answer: Answer, times: int = 1, skip: int = 0) -> None:
        """The call is answered so instead of being carried out; not the first `skip` of them."""
        self._add(method, path, times, _always(answer), skip=skip)

    def lose(
        self, method: str, path: str, status: int = 502, times: int = 1, skip: int = 0
    ) -> None:
        """The call is carried out, but its answer is lost; not that of the first `skip`."""
        act = _always(Answer(status, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}))
        self._add(method, path, times, act, afterwards=True, skip=skip)

    def limit(self, times: int = 1, *, retry_after: int | None = None, path: str = "") -> None:
        """The next calls are answered 429; None: without a word about when to come again."""
        headers = {"Content-Type": "text/plain"}
        if retry_after is not None:
            headers |= {"Retry-After": str(retry_after), "RateLimit-Remaining": "0"}
        answer = Answer(429, b"Retry later\n", headers)
        act = _always(answer)
        self._add("", path, times, act)

    def meddle(self, call: Call, *, afterwards: bool) -> Answer | None:
        """What is answered instead, None: nothing is in the way."""
        for trouble in self._due(call, afterwards=afterwards):
            if answer := trouble.act(call):
                return answer
        return None

    def _due(self, call: Call, *, afterwards: bool) -> list[_Trouble]:
        with self._lock:
            due = [
                one
                for one in self._troubles
                if one.times > 0
                and one.afterwards is afterwards
                and one.method.fullmatch(call.method)
                and one.path.search(call.path)
            ]
            ready = [one for one in due if not one.skip]
            for one in due:
                if one.skip:
                    one.skip -= 1
                else:
                    one.times -= 1
        return ready

    def forget(self) -> None:
        """Nothing goes wrong from now on."""
        with self._lock:
            self._troubles.clear()

    def _add(
        self,
        method: str,
        path: str,
        times: int,
        act: Callable[[Call], Answer | None],
        *,
        afterwards: bool = False,
        skip: int = 0,
    ) -> None:
        pattern = re.compile(method or ".*")
        self._troubles.append(_Trouble(pattern, re.compile(path), times, act, afterwards, skip))


def _always(answer: Answer) -> Callable[[Call], Answer]:
    return lambda _: answer

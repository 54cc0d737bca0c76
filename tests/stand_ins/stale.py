"""Lists that tell what was so before, as from a copy that lags behind."""

from tests.stand_ins.web import Answer, Call


class StaleLists:
    """Keeps what each list told last, by who asked for it."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str, str], Answer] = {}

    def answer(self, call: Call, fresh: Answer, *, stale: bool) -> Answer:
        """The fresh answer, or with `stale` the one from before, where this was asked before."""
        if call.method != "GET" or not isinstance(fresh.content, list | None):
            return fresh
        who = f"{call.headers.get('Authorization')} {call.headers.get('PRIVATE-TOKEN')}"
        key = (call.path, call.query_text, who)
        if not stale:
            if isinstance(fresh.content, list):
                self._told[key] = fresh
            return fresh
        old = self._told.get(key, fresh)
        if call.headers.get("If-None-Match") == old.headers.get("ETag", ""):
            return Answer(304, None, old.headers)
        return old

"""A project's environments: no two have one name.

Source: GitLab, "Environments API"; app/models/environment.rb (`guess_tier`).
"""

import re
from dataclasses import dataclass

from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_shelves import Shelf, Thing, offer
from tests.stand_ins.model import Access
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()

_TIERS = ("production", "staging", "testing", "development", "other")
_GUESSES = {
    "development": r"(dev|review|trunk)",
    "testing": r"(test|tst|int|ac(ce|)pt|qa|qc|control|quality)",
    "staging": r"(st(a|)g|mod(e|)l|pre|demo|non)",
    "production": r"(pr(o|)d|live)",
}


@dataclass(frozen=True)
class Environments(Shelf):
    """They are found by name, and get a tier by it where none is told."""

    def listed(self, face: GitLabFace, call: Call) -> Listing:
        """All of them, or the one of a name."""
        things, name = self.things(self.project(face, call)).values(), call.text("name")
        found = [one for one in things if not name or one["name"] == name]
        return Listing(found, lambda thing: thing)

    def create(self, face: GitLabFace, call: Call) -> Thing:
        """One more, of another name."""
        name, tier = call.text("name"), call.text("tier")
        things = self.things(self.project(face, call)).values()
        if any(one["name"] == name for one in things):
            raise refused(400, {"name": ["has already been taken"]})
        if tier and tier not in _TIERS:
            raise refused(400, "tier does not have a valid value")
        made = super().create(face, call)
        made["tier"] = tier or _guessed(name)
        return made


def _guessed(name: str) -> str:
    fitting = (tier for tier, like in _GUESSES.items() if re.search(like, name, re.IGNORECASE))
    return next(fitting, "other")


_SHELF = Environments(
    "environments",
    {"name": None, "external_url": None, "tier": "other", "state": "available"},
    ("name",),
    least=Access.DEVELOPER,
)
offer(ROUTES, _SHELF)


@ROUTES.on("POST", "/projects/:id/environments/:key/stop")
def stop(face: GitLabFace, call: Call) -> Thing:
    _, one = _SHELF.find(face, call)
    one["state"] = "stopped"
    return one

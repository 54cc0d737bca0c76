"""What policies say of one connection."""

from dataclasses import dataclass

from gitops.network.addresses import Answer
from gitops.network.policy import Direction, Policy


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a connection: what its policies say in one direction.

    `isolating` are the policies that apply to the end, none of them where it is not isolated;
    `allowing` are those that let the connection through, or may.
    """

    direction: Direction
    answer: Answer
    isolating: tuple[Policy, ...] = ()
    allowing: tuple[Policy, ...] = ()

    def __str__(self) -> str:
        verb = "leave" if self.direction is Direction.EGRESS else "come in"
        if not self.isolating:
            return f"everything may {verb}: no policy isolates here"
        if not self.allowing:
            names = ", ".join(map(str, self.isolating))
            may = ", unless the network plugin knows better" if self.answer else ""
            return f"it may not {verb}: no rule of {names} says so{may}"
        names = ", ".join(map(str, self.allowing))
        partly = ", in part or where the network plugin reads it so"
        unsure = partly if self.answer is Answer.DEPENDS else ""
        return f"it may {verb} by {names}{unsure}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a connection is let through: both ends must agree."""

    egress: Side
    ingress: Side

    @property
    def answer(self) -> Answer:
        """DEPENDS where network plugins differ, or where an address is not known."""
        return min(self.egress.answer, self.ingress.answer)

    @property
    def allowed(self) -> bool:
        """Whether it is let through by every network plugin that heeds NetworkPolicies."""
        return self.answer is Answer.YES

    @property
    def denied(self) -> bool:
        """Whether none of them lets it through; where it depends, neither holds."""
        return self.answer is Answer.NO

    @property
    def by(self) -> tuple[str, ...]:
        """The policies that let it through, or may, at either end."""
        return tuple(str(each) for side in (self.egress, self.ingress) for each in side.allowing)

    def __str__(self) -> str:
        said = {Answer.YES: "allowed", Answer.NO: "denied", Answer.DEPENDS: "depends"}
        return f"{said[self.answer]}: {self.egress}; {self.ingress}"

"""A promotion as a commit: which bytes change, in a draft that anybody can make again. Pure.

The draft is a function of the base, the promotions and the state that its message names, so every
other commit on a promotion branch is foreign.
"""

from collections.abc import Sequence

from bot.describe import commit_message
from bot.model import IDENTITY
from bot.plan import Promotion
from bot.ports import Commit, Draft
from bot.way_back import hold_of
from gitops.config import hold_path
from gitops.fleet import Fleet, Setting
from gitops.tree import Tree, changes


def settings(promotion: Promotion) -> tuple[Setting, ...]:
    """What the promotion writes at the pin's sites."""
    return tuple(Setting(a.repository, a.tag, a.digest) for a in promotion.release.artifacts)


def planned_tree(fleet: Fleet, promotions: Sequence[Promotion]) -> Tree:
    """The fleet's files with every promotion applied; of a rollback with its hold too.

    Raises:
        InvalidInput: a pin cannot be moved without touching something else.
    """
    tree = fleet.tree
    for promotion in promotions:
        present = fleet if tree is fleet.tree else Fleet.read(tree)
        target = promotion.target
        tree = present.set_pin(target.environment, target.app, settings(promotion))
        if promotion.rollback is not None:
            path = hold_path(target.environment, target.app)
            tree = tree.replace({path: hold_of(promotion.rollback)})
    return tree


def draft(base: Commit, fleet: Fleet, promotions: Sequence[Promotion], state: str | None) -> Draft:
    """The commit of these promotions on `base`, whose files `fleet` reads.

    Its date is the base's: nothing but the base, the plan and the state decides its sha.

    Raises:
        InvalidInput: a pin cannot be moved without touching something else.
    """
    new = planned_tree(fleet, promotions)
    changed = {p: after.data for p, (_, after) in changes(fleet.tree, new).items() if after}
    return Draft((base.sha,), commit_message(promotions, state), IDENTITY, base.facts.date, changed)

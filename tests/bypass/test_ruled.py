"""Under GitHub Team's rules a trick that begins with a push ends there: Free has no such rules.

Told are those stories alone whose answer differs from the one on Free; where the plan changes
nothing, the story is told once, on Free (`test_bypass`).
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.errors import Denied
from tests.bypass.corpus import CORPUS
from tests.bypass.places import Place
from tests.bypass.scene import BRANCH, Scene

PUSHED = {
    "committer_approval": (BRANCH, False),
    "rebase_that_rewrites_the_committer": (BRANCH, False),
    "approve_then_push": (BRANCH, True),
    "rule_changed_in_the_same_request": (BRANCH, False),
    "codeowners_edited_in_the_same_request": (BRANCH, False),
    "squatted_branch": (BRANCH, False),
    "squatted_request": (BRANCH, False),
    "removed_from_the_fleets_group": ("main", True),
    "approve_then_rebuild": ("main", True),
    "app_loosens_the_rule": ("main", False),
}
"""Where the trick pushes to, the bot's own branch or the target past any merge request; and whether
somebody has approved before."""


@pytest.mark.parametrize("name", PUSHED)
def test_the_push_is_refused_and_the_story_without_it_merges(
    github_team: Callable[[Path], Place], tmp_path: Path, name: str
) -> None:
    """Both in one scene: what is refused leaves nothing behind that would hinder the merge."""
    scene = Scene(github_team(tmp_path / "forge"), tmp_path)
    branch, approved = PUSHED[name]
    with pytest.raises(Denied, match=branch):
        CORPUS[name].story(scene, True)
    merged = [scene.merged]
    scene.run()
    if not approved:
        scene.approve("ana")
        scene.run()
    assert [*merged, scene.merged] == [False, True], scene.bot.why()
    scene.close()

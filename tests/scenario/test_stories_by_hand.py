"""Stories of people who do by hand what the bot would do, and of things that vanish."""

from collections.abc import Iterator

import pytest

from bot.adapters.git import GitRepository
from bot.model import MergeRequestState
from bot.ports import Draft, RefUpdate
from bot.state import Origin
from tests.scenario.telling import APP, BO, MAIN, MINUTE, Chapter, Story

BRANCH = "refs/heads/promote/stage/payments/v1.0-rc.1"


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` of payments is open in stage; orders is unreleased."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin(told.files(), told.files("orders"))
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def merged_by_hand(story: Story, *, squash: bool) -> str:
    """Bo merges the promotion branch with git and pushes; the commit."""
    refs = story.refs()
    main, head = refs[MAIN], refs[BRANCH]
    tree = story.git.merged_tree(main, head)
    parents = (main,) if squash else (main, head)
    draft = Draft(parents, "Bo does it\n", BO, story.world.clock(), {}, tree=tree)
    (sha,) = story.git.write([draft])
    story.git.push([RefUpdate(MAIN, main, sha)])
    return sha


@pytest.mark.parametrize("squash", [False, True])
def test_a_person_merges_the_branch_with_git(story: Story, squash: bool) -> None:
    number = story.request("stage").number
    sha = merged_by_hand(story, squash=squash)
    story.run()
    assert story.refs()[MAIN] == sha
    assert BRANCH not in story.refs()
    (request,) = story.requests("stage")
    assert (request.number, request.state) == (number, MergeRequestState.CLOSED)
    assert "says this already" in story.comments(number)
    story.soaked_in_stage()
    (proof,) = story.proofs("stage")
    # Without the branch's commit nothing tells that the bot prepared it.
    assert proof.origin is (Origin.OUTSIDE if squash else Origin.PROMOTION)
    assert proof.release.version == "v1.0-rc.1"


def test_a_person_writes_a_newer_version_while_one_is_open(story: Story) -> None:
    number = story.request("stage").number
    commit = story.proofs("dev")[0].release.commit or ""
    story.tag("v1.0-rc.3", commit)
    digest = story.world.image("shop/payments", "v1.0-rc.3", commit)
    story.edit(
        story.overlay("stage"),
        lambda text: text.replace("0.0.0-unreleased", "v1.0-rc.3").replace("''", repr(digest)),
    )
    story.run()
    assert story.requests("stage")[0].state is MergeRequestState.CLOSED
    assert "No longer needed" in story.comments(number)
    assert len(story.requests("stage")) == 1


def test_a_tag_vanishes_while_its_merge_request_is_open(story: Story) -> None:
    story.approve("stage", "ana")
    git = story.world.directory / "apps" / "payments.git"
    tag = git / "refs" / "tags" / "v1.0-rc.1"
    there = tag.read_text()
    tag.unlink()
    story.run()
    assert "no longer a candidate" in story.reason("stage")
    assert story.pin("stage") == "0.0.0-unreleased@"
    tag.write_text(there)
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_a_tag_comes_back_on_another_commit(story: Story) -> None:
    story.tag("v1.0-rc.1", story.proven_in_dev("another"))
    story.approve("stage", "ana")
    story.run()
    assert "tag moved" in story.reason("stage")
    assert story.pin("stage") == "0.0.0-unreleased@"


def test_builds_of_two_apps_go_to_dev_in_one_commit(story: Story) -> None:
    before = story.refs()[MAIN]
    story.build("one")
    story.build("two", "orders")
    story.run()
    story.git.fetch()
    (commit,) = story.git.first_parents(story.refs()[MAIN], before)
    assert commit.parents == (before,)
    assert story.pin("dev", "orders").startswith("main-")
    story.later(MINUTE)
    story.later(MINUTE)
    assert len(story.proofs("dev", "orders")) == 1
    assert len(story.proofs("dev")) == 2


def poisoned(story: Story, text: str) -> None:
    """Somebody spoils orders' pin in dev; then both apps have something to deliver."""
    story.edit(story.overlay("dev", "orders"), lambda _: text)
    story.build("one")
    story.build("two", "orders")


SPOILT = {
    "no YAML": "images: [\n",
    "an alias": "x: &t 0.0.0\nresources: [../../base]\nimages: [{name: IMAGE, newTag: *t}]\n",
    "twice": (
        "resources: [../../base]\nimages:\n- {name: IMAGE, newTag: a}\n- {name: IMAGE, newTag: b}\n"
    ),
    "a list": "- images\n",
}


@pytest.mark.parametrize("how", sorted(SPOILT))
def test_a_spoilt_pin_stops_only_its_app(story: Story, how: str) -> None:
    image = f"{story.world.registry.host}/shop/orders"
    poisoned(story, SPOILT[how].replace("IMAGE", image))
    before = story.text(story.overlay("dev", "orders"))
    old = story.pin("dev")
    story.run()
    assert story.pin("dev") != old
    assert story.text(story.overlay("dev", "orders")) == before
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_a_release_of_another_branch_is_not_contained(story: Story) -> None:
    # A hotfix that main does not contain: no build of it was ever in dev.
    url = story.world.apps[APP].url
    other = story.world.directory / "hotfix.git"
    git = GitRepository(other, url, plain=True)
    git.fetch()
    main = git.head("main")
    assert main is not None
    draft = Draft((main,), "hotfix\n", BO, story.world.clock(), {"fix.txt": b"x\n"})
    (sha,) = git.write([draft])
    git.push([RefUpdate("refs/tags/v1.0-rc.2", None, sha)])
    story.images("v1.0-rc.2", sha)
    story.run()
    assert story.request("stage").source_branch == "promote/stage/payments/v1.0-rc.1"
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")
    assert f"no proof of commit {sha[:12]}" in story.reason("stage")

"""What kustomize said is asked for once, and never told of another tree."""

from collections.abc import Callable, Iterator, Sequence

from gitops.errors import InvalidInput
from gitops.rendering.remembered import remembering
from gitops.tree import File, Mode, Tree


class Asked:
    """A builder that says what it was given, and refuses `bad`."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(
        self, tree: Tree, paths: Sequence[str], seen: Callable[[], object]
    ) -> Iterator[bytes | InvalidInput]:
        for path in paths:
            self.paths.append(path)
            seen()
            said = b"".join(f.data + f.mode.encode() for f in tree.below(path).values())
            yield InvalidInput("no") if path == "bad" else said


TREE = Tree.of({"a/x.yaml": "x: 1\n", "b/x.yaml": "x: 2\n", "bad/x.yaml": ""})


def test_each_is_asked_once_and_told_in_order() -> None:
    asked, counted = Asked(), []
    build = remembering(asked)
    first = list(build(TREE, ["a"], lambda: counted.append(1)))
    both = list(build(TREE, ["b", "a", "b"], lambda: counted.append(1)))
    assert both == [both[0], first[0], both[0]]
    assert first != both[:1]
    assert list(build(Tree(dict(TREE)), ["a", "b"], lambda: None)) == [first[0], both[0]]
    assert set(asked.paths[1:]) == {"b"}
    assert len(counted) == 4


def test_a_tree_that_differs_in_anything_is_another_one() -> None:
    build = remembering(Asked())
    (before,) = build(TREE, ["a"], lambda: None)
    for changed in (
        TREE.replace({"a/x.yaml": b"x: 3\n"}),
        TREE.replace({"a/y.yaml": b""}),
        TREE.joined({"a/x.yaml": File(b"x: 1\n", Mode.EXECUTABLE)}),
    ):
        assert list(build(changed, ["a"], lambda: None)) != [before]
    # Neither may bytes move from one file to the next, or from a name to its content.
    one, other = Tree.of({"a": "b", "c": "d"}), Tree.of({"a": "bc", "c": ""})
    asked = Asked()
    build = remembering(asked)
    for tree in (one, other):
        list(build(tree, ["."], lambda: None))
    assert len(asked.paths) == 2


def test_what_is_refused_is_asked_again() -> None:
    asked = Asked()
    build = remembering(asked)
    for _ in range(2):
        (answer,) = build(TREE, ["bad"], lambda: None)
        assert isinstance(answer, InvalidInput)
    assert asked.paths == ["bad", "bad"]


def test_no_more_is_kept_than_there_is_room_for() -> None:
    asked = Asked()
    build = remembering(asked, room=20)
    for path in ("a", "b", "a", "b"):
        assert len(list(build(TREE, [path], lambda: None))) == 1
    assert asked.paths == ["a", "b", "a", "b"]
    roomy = remembering(asked, room=100)
    for path in ("a", "b", "a", "b"):
        list(roomy(TREE, [path], lambda: None))
    assert asked.paths[4:] == ["a", "b"]

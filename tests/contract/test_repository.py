"""What every `Repository` does: run on file:// and on real smart HTTP with credentials."""

import multiprocessing
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.model import Person
from bot.ports import Draft, RefUpdate
from gitops.errors import Conflict, Denied, InvalidInput, Unavailable
from gitops.tree import MAX_FILE, Mode
from tests.real.git_http import GitHttp, Login, create

BOT = Person("Fairlead", "bot@example.com")
DATE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAIN = "refs/heads/main"
ABSENT = "0123456789" * 4


@dataclass(frozen=True)
class World:
    """A remote, and any number of mirrors of it."""

    url: str
    remote: Path
    work: Path

    def mirror(self, name: str = "one") -> GitRepository:
        repository = GitRepository(self.work / name, self.url, Login(), plain=True, timeout=30)
        repository.fetch()
        return repository

    def git(self, *args: str, feed: bytes = b"") -> str:
        command = ["git", "--git-dir", str(self.remote), *args]
        done = subprocess.run(command, input=feed, check=True, capture_output=True)
        return done.stdout.decode().strip()


@pytest.fixture(params=["file", "http"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    remotes = tmp_path / "remotes"
    remotes.mkdir()
    if request.param == "file":
        path = create(remotes, "fleet")
        yield World(f"file://{path}", path, tmp_path / "work")
        return
    with GitHttp(remotes) as server:
        url = server.create("fleet")
        yield World(url, remotes / "fleet.git", tmp_path / "work")


def draft(parents: tuple[str, ...], changed: dict[str, bytes], message: str = "m\n") -> Draft:
    return Draft(parents, message, BOT, DATE, changed)


def started(world: World, name: str = "one") -> tuple[GitRepository, str]:
    repository = world.mirror(name)
    (root,) = repository.write([draft((), {"a/pin.yaml": b"tag: v1\n", "b.yaml": b"b: 1\n"})])
    repository.push([RefUpdate(MAIN, None, root)])
    return repository, root


def test_an_empty_remote_has_no_refs(world: World) -> None:
    repository = world.mirror()
    assert repository.refs("refs/") == {}
    assert repository.head("main") is None


def test_what_was_pushed_is_read_back_by_another_mirror(world: World) -> None:
    _, root = started(world)
    other = world.mirror("two")
    assert other.refs("refs/") == {MAIN: root}
    assert other.head("main") == root
    assert {p: f.data for p, f in other.tree(root).items()} == {
        "a/pin.yaml": b"tag: v1\n",
        "b.yaml": b"b: 1\n",
    }
    commit = other.commit(root)
    assert commit is not None
    assert (commit.sha, commit.parents, commit.message) == (root, (), "m\n")
    assert (commit.facts.author, commit.facts.committer, commit.facts.date) == (BOT, BOT, DATE)


def test_the_same_draft_gives_the_same_sha_everywhere(world: World) -> None:
    one, root = started(world)
    two = world.mirror("two")
    elsewhere = DATE.astimezone(timezone(timedelta(hours=5)))
    change = {"a/pin.yaml": b"tag: v2\n", "new \"ö'.yaml": b""}
    first = Draft((root,), "Grüße\n\nFairlead-State: x\n", BOT, DATE, change)
    second = Draft((root,), first.message, BOT, elsewhere, change)
    assert one.write([first]) == two.write([second])
    assert one.write([first, second]) == one.write([first]) * 2


def test_writing_moves_no_ref(world: World) -> None:
    repository, root = started(world)
    repository.write([draft((root,), {"c": b"c"}), draft((), {"d": b"d"})])
    mirror = ["git", "--git-dir", str(world.work / "one"), "for-each-ref", "--format=%(refname)"]
    assert subprocess.run(mirror, check=True, capture_output=True).stdout == b"refs/heads/main\n"
    assert world.git("for-each-ref", "--format=%(refname)") == MAIN


def test_a_changed_file_keeps_its_mode_and_the_others_their_bytes(world: World) -> None:
    blob = world.git("hash-object", "-w", "--stdin", feed=b"#!/bin/sh\n")
    link = world.git("hash-object", "-w", "--stdin", feed=b"run.sh")
    entries = f"100755 blob {blob}\trun.sh\n120000 blob {link}\tlink\n160000 commit {ABSENT}\tsub\n"
    tree = world.git("mktree", "--missing", feed=entries.encode())
    name = ("-c", "user.name=n", "-c", "user.email=e")
    world.git("update-ref", MAIN, world.git(*name, "commit-tree", tree, "-m", "x"))
    repository = world.mirror()
    head = repository.head("main")
    assert head is not None
    (sha,) = repository.write([draft((head,), {"run.sh": b"#!/bin/bash\n"})])
    files = repository.tree(sha)
    assert files["run.sh"].data == b"#!/bin/bash\n"
    assert [files[p].mode for p in files] == [Mode.SYMLINK, Mode.EXECUTABLE, Mode.SUBMODULE]
    assert files["link"].data == b"run.sh"
    for path in ("link", "sub"):
        with pytest.raises(InvalidInput, match="symlink or a submodule"):
            repository.write([draft((head,), {path: b"x"})])


def test_an_oversized_file_is_marked_unread(world: World) -> None:
    repository, root = started(world)
    (sha,) = repository.write([draft((root,), {"big": b"x" * (MAX_FILE + 1), "fits": b"y"})])
    assert repository.tree(sha)["big"].unread is not None
    assert repository.tree(sha)["fits"].unread is None


@pytest.mark.parametrize("name", ["a\\b.yaml", "a\nb.yaml"])
def test_a_file_with_an_odd_name_stops_no_other(world: World, name: str) -> None:
    """Whoever may push a branch could otherwise blind us."""
    blob = world.git("hash-object", "-w", "--stdin", feed=b"a: 1\n")
    entries = f"100644 blob {blob}\t{name}\x00100644 blob {blob}\tfine.yaml\x00".encode()
    tree = world.git("mktree", "-z", feed=entries)
    identity = ("-c", "user.name=n", "-c", "user.email=e")
    world.git("update-ref", MAIN, world.git(*identity, "commit-tree", tree, "-m", "x"))
    repository = world.mirror()
    files = repository.tree(str(repository.head("main")))
    assert files["fine.yaml"].data == b"a: 1\n"
    assert files[name].unread == "a file with a backslash or a line break in its name"


def test_an_unchanged_file_is_the_same_object_as_before(world: World) -> None:
    repository, root = started(world)
    (sha,) = repository.write([draft((root,), {"b.yaml": b"b: 2\n"})])
    before, after = repository.tree(root), repository.tree(sha)
    assert before["a/pin.yaml"].data is after["a/pin.yaml"].data
    assert repository.tree(sha) is after


def test_removed_files_are_gone_and_must_have_been_there(world: World) -> None:
    repository, root = started(world)
    (sha,) = repository.write([Draft((root,), "m", BOT, DATE, {}, removed=("b.yaml",))])
    assert list(repository.tree(sha)) == ["a/pin.yaml"]
    with pytest.raises(InvalidInput, match="not there"):
        repository.write([Draft((root,), "m", BOT, DATE, {}, removed=("c.yaml",))])


@pytest.mark.parametrize("path", ["a", "b.yaml/x", "../x", ".git/config", "/x"])
def test_a_path_that_would_drop_another_or_leave_is_refused(world: World, path: str) -> None:
    repository, root = started(world)
    with pytest.raises(InvalidInput):
        repository.write([draft((root,), {path: b"x"})])


def test_history_ancestry_and_merge(world: World) -> None:
    repository, root = started(world)
    ours, theirs, clash = repository.write(
        [
            draft((root,), {"a/pin.yaml": b"tag: v2\n"}),
            draft((root,), {"b.yaml": b"b: 2\n"}),
            draft((root,), {"a/pin.yaml": b"tag: v3\n"}),
        ]
    )
    tree = repository.merged_tree(ours, theirs)
    assert tree is not None
    assert repository.merged_tree(ours, clash) is None
    (merge,) = repository.write([Draft((ours, theirs), "merge\n", BOT, DATE, {}, tree=tree)])
    commit = repository.commit(merge)
    assert commit is not None
    assert (commit.parents, commit.tree) == ((ours, theirs), tree)
    assert repository.tree(merge)["a/pin.yaml"].data == b"tag: v2\n"
    assert repository.tree(merge)["b.yaml"].data == b"b: 2\n"
    assert [c.sha for c in repository.first_parents(merge)] == [merge, ours, root]
    assert [c.sha for c in repository.first_parents(merge, root)] == [merge, ours]
    assert [c.sha for c in repository.first_parents(merge, theirs)] == [merge, ours, root]
    assert [c.sha for c in repository.first_parents(ours, merge)] == [ours, root]
    assert repository.first_parents(merge, merge) == ()
    assert repository.is_ancestor(root, merge)
    assert repository.is_ancestor(merge, merge)
    assert not repository.is_ancestor(merge, root)
    assert repository.merge_base(ours, theirs) == root


def test_unrelated_histories_have_no_base_and_do_not_merge(world: World) -> None:
    repository, root = started(world)
    (orphan,) = repository.write([draft((), {"version": b"1\n"})])
    assert repository.merge_base(root, orphan) is None
    assert repository.merged_tree(root, orphan) is None


def test_what_the_mirror_does_not_hold(world: World) -> None:
    repository, root = started(world)
    unknown = ABSENT
    assert repository.commit(unknown) is None
    assert not repository.is_ancestor(root, unknown)
    assert repository.merge_base(root, unknown) is None
    for ask in (repository.tree, repository.first_parents):
        with pytest.raises(Unavailable):
            ask(unknown)
    with pytest.raises(Unavailable):
        repository.merged_tree(root, unknown)
    with pytest.raises(Unavailable):
        repository.write([draft((unknown,), {})])
    with pytest.raises(Unavailable):
        repository.push([RefUpdate("refs/heads/x", None, unknown)])
    repository.fetch()
    assert repository.commit(root) is not None


@pytest.mark.parametrize("text", ["--upload-pack=x", "main", "HEAD", "0" * 39, "0" * 40 + "\n"])
def test_only_whole_shas_and_full_ref_names_reach_git(world: World, text: str) -> None:
    repository, root = started(world)
    for ask in (repository.tree, repository.commit, repository.first_parents):
        with pytest.raises(InvalidInput):
            ask(text)
    with pytest.raises(InvalidInput):
        repository.push([RefUpdate(MAIN, text, root)])
    with pytest.raises(InvalidInput):
        repository.push([RefUpdate(text, None, root)])


def test_a_push_moves_only_from_what_was_expected(world: World) -> None:
    repository, root = started(world)
    first, second = repository.write([draft((root,), {"c": b"1"}), draft((root,), {"c": b"2"})])
    repository.push([RefUpdate(MAIN, root, first)])
    assert repository.head("main") == first
    for expected in (root, None, second):
        with pytest.raises(Conflict):
            repository.push([RefUpdate(MAIN, expected, second)])
    with pytest.raises(Conflict):
        repository.push([RefUpdate(MAIN, root, first)])
    repository.push([RefUpdate(MAIN, first, second)])
    assert world.git("rev-parse", MAIN) == second


def test_a_push_moves_all_or_none(world: World) -> None:
    repository, root = started(world)
    (sha,) = repository.write([draft((root,), {"c": b"1"})])
    wrong = [RefUpdate("refs/heads/new", None, sha), RefUpdate(MAIN, None, sha)]
    with pytest.raises(Conflict):
        repository.push(wrong)
    assert world.git("for-each-ref", "--format=%(refname) %(objectname)") == f"{MAIN} {root}"
    repository.push([RefUpdate("refs/fairlead/x", None, sha), RefUpdate(MAIN, root, sha)])
    assert repository.refs("refs/") == {"refs/fairlead/x": sha, MAIN: sha}
    assert world.mirror("two").refs("refs/") == repository.refs("refs/")


def test_refs_are_deleted_only_where_they_were_read(world: World) -> None:
    repository, root = started(world)
    repository.push([RefUpdate("refs/heads/x", None, root)])
    other = world.mirror("two")
    gone = "fedcba9876" * 4
    with pytest.raises(Conflict):
        repository.push([RefUpdate("refs/heads/x", gone, None)])
    repository.push([RefUpdate("refs/heads/x", root, None)])
    with pytest.raises(Conflict):
        other.push([RefUpdate("refs/heads/x", root, None)])
    other.fetch()
    assert other.refs("refs/") == repository.refs("refs/") == {MAIN: root}


def test_refs_stay_as_fetched_while_the_remote_moves(world: World) -> None:
    repository, root = started(world)
    other = world.mirror("two")
    (sha,) = other.write([draft((root,), {"c": b"1"})])
    other.push([RefUpdate(MAIN, root, sha)])
    assert repository.head("main") == root
    world.mirror("one")
    assert repository.head("main") == root
    repository.fetch()
    assert repository.head("main") == sha


def test_a_rewritten_target_is_followed(world: World) -> None:
    repository, root = started(world)
    (orphan,) = repository.write([draft((), {"z": b""})])
    world.mirror("two")
    repository.push([RefUpdate(MAIN, root, orphan)])
    other = world.mirror("two")
    assert other.head("main") == orphan


def test_a_hook_that_declines_is_denied_and_quoted(world: World) -> None:
    repository, root = started(world)
    hook = world.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'only on weekdays' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Denied, match="only on weekdays"):
        repository.push([RefUpdate("refs/heads/x", None, root)])
    assert repository.refs("refs/") == {MAIN: root}


def test_a_remote_that_takes_a_ref_lock_is_a_conflict(world: World) -> None:
    repository, root = started(world)
    (sha,) = repository.write([draft((root,), {"c": b"1"})])
    (world.remote / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(Conflict):
        repository.push([RefUpdate(MAIN, root, sha)])


@pytest.mark.parametrize("damage", ["deleted", "empty", "no HEAD", "no objects", "cut", "foreign"])
def test_a_lost_or_damaged_mirror_is_made_anew(world: World, damage: str) -> None:
    _, root = started(world)
    path = world.work / "hurt"
    repository = world.mirror("hurt")
    subprocess.run(["chmod", "-R", "u+w", str(path)], check=True)
    if damage == "foreign":
        other = create(world.remote.parent, "other")
        GitRepository(path, f"file://{other}", plain=True).fetch()
    for part in {"deleted": ".", "no HEAD": "HEAD", "no objects": "objects"}.get(
        damage, ""
    ).split():
        subprocess.run(["rm", "-rf", str(path / part) if part != "." else str(path)], check=True)
    if damage == "empty":
        subprocess.run(f"rm -rf {path}/* {path}/.??*", shell=True, check=True)
    if damage == "cut":
        for pack in path.glob("objects/pack/*"):
            pack.write_bytes(pack.read_bytes()[:40])
    repository = GitRepository(path, world.url, Login(), plain=True)
    repository.fetch()
    assert repository.refs("refs/") == {MAIN: root}
    assert repository.tree(root)["b.yaml"].data == b"b: 1\n"


def test_a_directory_that_is_no_mirror_is_left_alone(world: World) -> None:
    path = world.work / "mine"
    path.mkdir(parents=True)
    (path / "thesis.tex").write_text("x")
    with pytest.raises(InvalidInput, match="no mirror of ours"):
        GitRepository(path, world.url, Login(), plain=True).fetch()
    assert (path / "thesis.tex").read_text() == "x"


def _race(
    url: str, work: str, root: str, number: int, results: "multiprocessing.Queue[str]"
) -> None:
    repository = GitRepository(Path(work), url, Login(), plain=True)
    repository.fetch()
    (sha,) = repository.write([draft((root,), {"winner": b"%d" % number})])
    try:
        repository.push([RefUpdate(MAIN, root, sha)])
    except Conflict:
        results.put("")
    else:
        results.put(sha)


@pytest.mark.parametrize("shared", [True, False])
def test_of_two_processes_exactly_one_wins(world: World, shared: bool) -> None:
    _, root = started(world)
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    works = ["both", "both"] if shared else ["left", "right"]
    racers = [
        context.Process(target=_race, args=(world.url, str(world.work / work), root, n, results))
        for n, work in enumerate(works)
    ]
    for racer in racers:
        racer.start()
    answers = sorted(results.get(timeout=30) for _ in racers)
    for racer in racers:
        racer.join()
    assert answers[0] == ""
    assert answers[1] == world.git("rev-parse", MAIN)


def test_threads_of_one_repository_read_alike(world: World) -> None:
    repository, root = started(world)
    drafts = [draft((root,), {"c": b"%d" % n}) for n in range(4)]
    shas = repository.write(drafts)
    seen: dict[str, bytes] = {}

    def look(sha: str) -> None:
        seen[sha] = repository.tree(sha)["c"].data

    threads = [threading.Thread(target=look, args=(sha,)) for sha in shas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seen[sha] for sha in shas] == [b"0", b"1", b"2", b"3"]

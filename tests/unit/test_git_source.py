import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.git_source import GitSources
from bot.model import Gap, Person, Source
from bot.ports import Change, Changes, SourceQuery
from tests.real.git_http import GIT, PASSWORD, GitHttp, Login

ANA, CI = Person("Ana", "ana@example.com"), Person("ci", "ci@example.com")


@dataclass(frozen=True)
class App:
    """An app's source repository, with the commands of a developer."""

    path: Path

    def git(self, *args: str, feed: str = "") -> str:
        who = {
            "GIT_AUTHOR_NAME": ANA.name,
            "GIT_AUTHOR_EMAIL": ANA.email,
            "GIT_COMMITTER_NAME": CI.name,
            "GIT_COMMITTER_EMAIL": CI.email,
            "GIT_AUTHOR_DATE": "1700000000 +0000",
            "GIT_COMMITTER_DATE": "1700000000 +0000",
        }
        command = [GIT, "--git-dir", str(self.path), *args]
        done = subprocess.run(
            command, input=feed.encode(), env=who, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def commit(self, branch: str, message: str, *parents: str) -> str:
        blob = self.git("hash-object", "-w", "--stdin", feed=message)
        tree = self.git("mktree", feed=f"100644 blob {blob}\tfile\n")
        links = [word for parent in parents for word in ("-p", parent)]
        sha = self.git("commit-tree", tree, *links, feed=message)
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHttp]:
    with GitHttp(tmp_path / "remotes") as running:
        yield running


def app(server: GitHttp, name: str = "payments") -> tuple[str, App]:
    return server.create(name), App(server.directory / f"{name}.git")


def sources(server: GitHttp, tmp_path: Path, *, listed: bool = True) -> GitSources:
    credentials = {server.origin: Login()} if listed else {}
    return GitSources(
        tmp_path / "work",
        credentials,
        allowed=lambda url: "forbidden" not in url,
        plain={server.origin},
        timeout=20,
    )


def read(all_sources: GitSources, url: str, *branches: str) -> Source:
    query = SourceQuery(url, branches)
    answer = all_sources.read([query])[query]
    assert isinstance(answer, Source), answer
    return answer


def test_tags_are_peeled_and_say_who_made_them(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    first = repository.commit("main", "one")
    second = repository.commit("main", "two", first)
    repository.git("tag", "v1.0", first)
    repository.git("tag", "-a", "-m", "release", "payments/v1.1", second)
    repository.git("tag", "-a", "-m", "nested", "v1.2", "payments/v1.1")
    repository.git("tag", "tree-not-commit", f"{first}^{{tree}}")
    repository.git("update-ref", "refs/tags/$(id);--x", first)
    source = read(sources(server, tmp_path), url)
    tags = {tag.name: tag for tag in source.tags}
    assert list(tags) == ["$(id);--x", "payments/v1.1", "v1.0", "v1.2"]
    assert (tags["v1.0"].object, tags["v1.0"].commit, tags["v1.0"].tagger) == (first, first, None)
    assert tags["payments/v1.1"].commit == tags["v1.2"].commit == second
    assert tags["payments/v1.1"].tagger == tags["v1.2"].tagger == CI
    assert tags["v1.2"].object == repository.git("rev-parse", "refs/tags/v1.2")
    assert source.commits[first].author == ANA
    assert source.commits[first].committer == CI
    assert source.branches == {}


def test_a_branch_is_its_first_parents_newest_first(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    root = repository.commit("main", "root")
    side = repository.commit("side", "side", root)
    ours = repository.commit("main", "ours", root)
    merge = repository.commit("main", "merge", ours, side)
    all_sources = sources(server, tmp_path)
    source = read(all_sources, url, "main", "gone")
    assert source.branches == {"main": (merge, ours, root)}
    assert set(source.commits) == {merge, ours, root}
    newer = repository.commit("main", "newer", merge)
    repository.commit("main-2", "not asked for", newer)
    assert read(all_sources, url, "main").branches == {"main": (newer, merge, ours, root)}
    repository.git("update-ref", "refs/heads/main", ours)
    assert read(all_sources, url, "main").branches == {"main": (ours, root)}


def test_what_lies_between_two_commits_is_told_both_ways(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    root = repository.commit("main", "root")
    side = repository.commit("side", "side", root)
    ours = repository.commit("main", "ours", root)
    merge = repository.commit("main", "merge", ours, side)
    repository.git("tag", "v1", side)
    all_sources = sources(server, tmp_path)
    read(all_sources, url, "main")
    changes = [Change(merge, "merge"), Change(ours, "ours")]
    assert all_sources.changes(url, root, merge, 9) == Changes(tuple(changes))
    assert all_sources.changes(url, root, merge, 1) == Changes(tuple(changes[:1]), more=1)
    assert all_sources.changes(url, merge, root, 9) == Changes(tuple(changes), taken_back=True)
    assert all_sources.changes(url, root, root, 9) == Changes()
    assert all_sources.changes(url, side, merge, 9) == Changes(related=False)
    gone = all_sources.changes(url, "0" * 40, merge, 9)
    assert isinstance(gone, Gap)
    assert isinstance(sources(server, tmp_path).changes("http://forbidden/x", root, merge, 9), Gap)


def test_a_moved_and_a_deleted_tag_are_seen(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    first = repository.commit("main", "one")
    second = repository.commit("main", "two", first)
    repository.git("tag", "v1", first)
    repository.git("tag", "v2", first)
    all_sources = sources(server, tmp_path)
    read(all_sources, url)
    repository.git("tag", "-f", "v1", second)
    repository.git("tag", "-d", "v2")
    assert [(t.name, t.commit) for t in read(all_sources, url).tags] == [("v1", second)]


@pytest.mark.parametrize("setting", ["uploadpackfilter.allow", "uploadpack.allowFilter"])
def test_a_server_that_filters_nothing_is_read_all_the_same(
    server: GitHttp, tmp_path: Path, setting: str
) -> None:
    url, repository = app(server)
    repository.git("tag", "v1", repository.commit("main", "one"))
    repository.git("config", setting, "false")
    assert [tag.name for tag in read(sources(server, tmp_path), url).tags] == ["v1"]


def test_no_files_are_fetched(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    repository.commit("main", "one")
    read(sources(server, tmp_path), url, "main")
    (mirror,) = (path for path in (tmp_path / "work").iterdir() if path.is_dir())
    found = App(mirror).git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    assert sorted(found.split()) == ["commit", "tree"]


def test_one_poisoned_source_is_a_gap_of_its_own(server: GitHttp, tmp_path: Path) -> None:
    url, repository = app(server)
    repository.commit("main", "one")
    good = SourceQuery(url, ("main",))
    bad = [
        SourceQuery(f"{server.origin}/none.git"),
        SourceQuery(f"{server.origin}/forbidden.git"),
        SourceQuery("ext::sh -c id"),
        SourceQuery("file:///etc"),
        SourceQuery(app(server, "other")[0], ("--upload-pack=x*",)),
    ]
    answers = sources(server, tmp_path).read([good, *bad, good])
    assert isinstance(answers[good], Source)
    gaps = [answers[query] for query in bad]
    assert all(isinstance(gap, Gap) for gap in gaps)
    assert [gap.denied for gap in gaps if isinstance(gap, Gap)] == [True, True, False, False, False]
    assert PASSWORD not in str(gaps)


def test_an_origin_that_is_not_listed_gets_no_credential(server: GitHttp, tmp_path: Path) -> None:
    url, _ = app(server)
    query = SourceQuery(url)
    answer = sources(server, tmp_path, listed=False).read([query])[query]
    assert isinstance(answer, Gap)
    assert answer.denied
    assert not any("Authorization" in headers for headers in server.headers_seen)


def test_a_source_that_stops_answering_is_a_gap_and_comes_back(
    server: GitHttp, tmp_path: Path
) -> None:
    url, repository = app(server)
    repository.git("tag", "v1", repository.commit("main", "one"))
    all_sources = sources(server, tmp_path)
    query = SourceQuery(url)
    read(all_sources, url)
    server.status = 503
    gap = all_sources.read([query])[query]
    assert isinstance(gap, Gap)
    assert not gap.denied
    server.status = None
    assert [tag.name for tag in read(all_sources, url).tags] == ["v1"]
    assert all_sources.read([]) == {}

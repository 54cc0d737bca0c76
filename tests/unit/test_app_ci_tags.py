"""The tags of a pipeline, as a real shell works them out, are those that the bot looks for."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, example, given

from bot.rank import image_tags
from gitops.errors import InvalidInput
from gitops.scaffold.answers import ForgeKind
from gitops.tag_template import Template
from tests.unit.generated_git_tags import (
    branches,
    build_templates,
    commits,
    moments,
    names,
    release_templates,
    source_templates,
)
from tests.unit.pipelines import (
    COMMIT,
    FORGES,
    IMAGE,
    WORKER,
    Described,
    Tagged,
    of_branch,
    of_tag,
    tagged,
)

SCRIPT = "ci/payments/tags.sh"
SHELLS = [
    shell
    for shell in (["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"])
    if shutil.which(shell[0])
]
CLOCK = """\
#!/bin/sh
exec {date} -d "@{moment}" "$@"
"""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for a `date` that tells the moment it is told."""
    return tmp_path_factory.mktemp("clock")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which nothing appears unless a name was run as a command."""
    return tmp_path_factory.mktemp("empty")


def at(moment: int, clock: Path) -> str:
    """The PATH in which it is this second since 1970."""
    program = clock / "date"
    program.write_text(CLOCK.format(date=shutil.which("date"), moment=moment))
    program.chmod(0o755)
    return f"{clock}:{os.environ['PATH']}"


def run(app: Described, variables: dict[str, str], directory: Path | None = None) -> Tagged:
    return tagged(app.tree()[SCRIPT].data, variables, os.environ["PATH"], directory=directory)


def expected(app: Described, name: str, commit: str) -> tuple[tuple[str, str], ...]:
    """What the bot looks for once somebody has made a git tag; () for one that it passes over."""
    if Template.parse(app.tags).read(name) is None:
        return ()
    return image_tags(app.config().apps["payments"], name, commit)


@pytest.mark.slow
@given(build_templates(), branches, commits, moments)
def test_a_build_of_a_branch_is_tagged_as_the_template_says(
    clock: Path, text: str, branch: str, commit: str, moment: int
) -> None:
    template = Template.parse(text)
    when = datetime.fromtimestamp(moment, UTC)
    try:
        wanted = template.render({"sha": commit, "branch": branch, "timestamp": when})
    except InvalidInput:
        assume(False)
        raise
    try:
        app = Described(build=text, branch=branch, images=(IMAGE, WORKER))
        script = app.tree()[SCRIPT].data
    except InvalidInput:
        assume(False)
        raise
    said = tagged(script, of_branch(branch, commit), at(moment, clock))
    assert (said.code, said.err) == (0, "")
    assert said.tags == ((IMAGE, wanted), (WORKER, wanted))
    assert said.lines[0][2:] == (commit, f"{when:%Y-%m-%dT%H:%M:%SZ}")
    # What the bot reads there is what was built.
    fields = template.read(said.tags[0][1])
    assert fields is not None
    assert commit.startswith(str(fields.sha))
    assert fields.branch in {None, "".join(c if c not in "/@#+" else "-" for c in branch)}
    assert fields.timestamp is None or fields.timestamp <= when


@pytest.mark.slow
@given(source_templates, release_templates, names, commits)
@example("v{version}", "{tag}", "v1.0-rc.1", COMMIT)
@example("v{version}", "{tag}", "v1.0+b.1", COMMIT)
@example("v{version}", "{semver}", "v1.0-rc.1+b.1", COMMIT)
@example("{tag}", "{semver}", "v007.1", COMMIT)
@example("{semver}", "{version}", "1.0.0-rc.1+b", COMMIT)
@example("{version}-prod", "{version}", "-prod", COMMIT)
def test_a_git_tag_gives_the_tags_that_the_bot_looks_for(
    empty: Path, source: str, release: str, name: str, commit: str
) -> None:
    before, _, after = source.partition("{")
    for candidate in (name, before + name + after.partition("}")[2]):
        assume("\0" not in candidate and not any("\ud800" <= c <= "\udfff" for c in candidate))
        try:
            app = Described(tags=source, tag=release).config()
        except InvalidInput:
            assume(False)
            raise
        assert app.apps
        described = Described(tags=source, tag=release)
        wanted = expected(described, candidate, commit)
        said = run(described, of_tag(candidate, commit), empty)
        assert said.tags == wanted
        assert list(empty.iterdir()) == []
        if not wanted:
            assert said.code == 1
            assert said.err.startswith("ci/payments/tags.sh: ")


def test_numbers_of_more_than_eighteen_digits_are_refused_aloud() -> None:
    assert run(Described(), of_tag("v1." + "9" * 18)).code == 0
    said = run(Described(), of_tag("v1." + "9" * 19))
    assert said.code == 1
    assert "names no version" in said.err


@pytest.mark.parametrize(
    "name",
    [
        "v1.0$(touch${IFS}pwned)",
        "v1.0`touch${IFS}pwned`",
        "v1.0;touch${IFS}pwned",
        "v1.0|touch${IFS}pwned",
        "v1.0&touch${IFS}pwned&",
        "v1.0';touch${IFS}pwned;'",
        'v1.0";touch${IFS}pwned;"',
        "v1.0${IFS}pwned",
        "v1.0-$(touch${IFS}pwned)",
        "v$(touch${IFS}pwned)",
        "v1.0>pwned",
        "v1.0%s%n",
        "v1.0)",
        "-n",
        "v1.0\N{RIGHT-TO-LEFT OVERRIDE}",
        "::set-output-name=x::y",
    ],
)
@pytest.mark.parametrize("forge", FORGES)
def test_a_hostile_name_does_nothing_and_is_refused_aloud(
    name: str, forge: ForgeKind, repository: Path
) -> None:
    script = Described().tree(forge)[SCRIPT].data
    head = commit_of(repository)
    for kind in ("heads", "tags"):
        variables = {"GITHUB_SHA": head, "GITHUB_REF": f"refs/{kind}/{name}"}
        if forge is ForgeKind.GITLAB:
            variables = of_tag(name, head) if kind == "tags" else of_branch(name, head)
        said = tagged(script, variables, os.environ["PATH"], directory=repository)
        assert (said.code, said.lines) == (1, ())
        assert said.err.startswith("ci/payments/tags.sh: ")
        assert said.err.count("\n") == 1
        assert said.err.isascii()
    assert [path.name for path in repository.iterdir()] == [".git"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of one empty commit with an annotated tag, v1.0."""
    path = tmp_path_factory.mktemp("app")
    git(path, "init", "-q")
    git(path, "commit", "-q", "--allow-empty", "-m", "first")
    git(path, "tag", "-a", "v1.0", "-m", "first")
    return path


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit_of(repository: Path) -> str:
    return git(repository, "rev-parse", "HEAD")


def test_git_would_take_the_hostile_names(repository: Path) -> None:
    for name in ("v1.0$(touch${IFS}pwned)", "v1.0;touch${IFS}pwned", "v1.0|x", "v1.0&x&"):
        git(repository, "check-ref-format", f"refs/tags/{name}")


@pytest.mark.parametrize("forge", [ForgeKind.GITHUB, ForgeKind.GITEA])
def test_an_annotated_tag_stands_for_its_commit(forge: ForgeKind, repository: Path) -> None:
    script = Described(tag="{tag}-{sha:12}").tree(forge)[SCRIPT].data
    head = commit_of(repository)
    for sha in (head, git(repository, "rev-parse", "v1.0")):
        variables = {"GITHUB_SHA": sha, "GITHUB_REF": "refs/tags/v1.0"}
        said = tagged(script, variables, os.environ["PATH"], directory=repository)
        assert (said.tags, said.err) == (((IMAGE, f"v1.0-{head[:12]}"),), "")


def test_a_commit_that_was_not_fetched_is_refused(repository: Path) -> None:
    script = Described().tree(ForgeKind.GITHUB)[SCRIPT].data
    variables = {"GITHUB_SHA": COMMIT, "GITHUB_REF": "refs/tags/v1.0"}
    said = tagged(script, variables, os.environ["PATH"], directory=repository)
    assert said.err == f"ci/payments/tags.sh: {COMMIT} is no commit that was fetched\n"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (of_branch("other"), "no environment follows this branch"),
        ({"CI_COMMIT_SHA": COMMIT}, "neither a branch nor a tag is built here"),
        (of_branch("main", "0123"), "0123 is no whole commit"),
        (of_branch("main", "x" * 40), "is no commit"),
        (of_tag("v1"), "v1 names no version"),
        (of_tag("1.0"), "1.0 is no tag like v{version}"),
        (of_tag("v1.0+b"), "v1.0+b can be no tag of an image"),
        (of_tag("v1." + "0" * 130), "is too long for a tag of an image"),
    ],
)
def test_what_is_not_built_is_told(variables: dict[str, str], told: str) -> None:
    said = run(Described(), variables)
    assert (said.code, said.lines) == (1, ())
    assert told in said.err


def test_an_app_whose_fleet_follows_tags_alone_builds_no_branch() -> None:
    app = Described(branch=None)
    assert run(app, of_branch("main")).code == 1
    assert run(app, of_tag("v1.0")).tags == ((IMAGE, "v1.0"),)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_says_the_same(shell: list[str]) -> None:
    app = Described(tag="{semver}-{sha:8}", build="{branch}-{sha:7}-{timestamp:%s}")
    script = app.tree()[SCRIPT].data
    before = datetime.now(UTC).replace(microsecond=0)
    branch = tagged(script, of_branch("main"), os.environ["PATH"], shell)
    fields = Template.parse(str(app.build)).read(branch.tags[0][1])
    assert fields is not None
    assert (fields.branch, fields.sha) == ("main", COMMIT[:7])
    assert fields.timestamp is not None
    assert before <= fields.timestamp <= datetime.now(UTC)
    release = tagged(script, of_tag("v01.2-rc.1"), os.environ["PATH"], shell)
    assert release.tags == ((IMAGE, f"1.2.0-rc.1-{COMMIT[:8]}"),)
    for name in ("v1.0$(id)", "v1", "v1.0-01", "v1.0-", "v1.0..1", "v1.0-a..b", "v1.0\nv"):
        assert tagged(script, of_tag(name), os.environ["PATH"], shell).code == 1


def test_the_cache_is_no_build_that_the_bot_would_take() -> None:
    for text in ("{sha:7}", "{sha:10}", "{branch}-{sha:7}", "buildcache-{sha:7}"):
        assert Template.parse(text).read("buildcache") is None

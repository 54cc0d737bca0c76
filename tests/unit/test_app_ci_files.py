"""What `app-ci` writes beside the job: images, the page, and what is refused."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import InvalidInput
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Preset, app_preset
from gitops.scaffold.app_ci import AppCiAnswers, app_ci, written_paths
from gitops.tree import Tree
from tests.unit.pipelines import BUILD, FORGES, IMAGE, WORKER, Described

GHCR = "ghcr.io/shop/payments"
MONOREPO = Described(tags="payments/v{version}", tag="{version}")
PRESETS = tuple(each for each in Preset if each is not Preset.GENERIC)


@pytest.mark.parametrize("kind", PRESETS)
def test_an_image_runs_as_nobody_and_its_versions_are_named_once(kind: Preset) -> None:
    tree = Described(images=(IMAGE, WORKER)).tree(preset=kind, dockerfile=True)
    assert tree["Dockerfile"].data == tree["Dockerfile.payments-worker"].data
    text = tree["Dockerfile"].data.decode()
    stages = re.findall(r"^FROM (\S+)(?: AS \S+)?$", text, re.MULTILINE)
    assert len(stages) == 2
    # Nothing is below `scratch`, so that nothing of it could be pinned.
    for stage in (each for each in stages if each != "scratch"):
        named = re.fullmatch(
            r"[a-z/-]+:\$\{([A-Z]+_VERSION)\}-[a-z-]+\$\{([A-Z]+_DIGEST):\+@\$\{\2\}\}", stage
        )
        assert named, stage
        assert f"\nARG {named[1]}" in text
        assert f"\nARG {named[2]}=\n" in text
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["65532:65532"]
    assert text.index("USER") > text.rindex("COPY")
    assert "HEALTHCHECK" not in text
    script = tree["ci/payments/publish.sh"].data.decode()
    given = re.findall(r'--build-arg "([A-Z_]+)=', script)
    assert set(re.findall(r"^ARG ([A-Z]+_VERSION)$", text, re.MULTILINE)) == set(given)
    lines = [line for line in tree[".tool-versions"].data.decode().splitlines() if line[0] != "#"]
    versions = [line.split()[1] for line in lines]
    versions += re.findall(r"^(?:ARG NGINX_VERSION|buildkit)=(\S+)$", text + script, re.MULTILINE)
    for version in versions:
        holding = {path for path, file in tree.items() if version.encode() in file.data}
        assert len(holding - {"Dockerfile.payments-worker"}) == 1, version


def test_only_what_an_image_is_built_from_is_sent() -> None:
    ignored = MONOREPO.tree(preset=Preset.NODE, dockerfile=True)["payments/.dockerignore"]
    assert {".git", ".env*", "**/node_modules"} <= set(ignored.data.decode().splitlines())
    assert not any("Dockerfile" in path for path in MONOREPO.tree(preset=Preset.NODE))


@pytest.mark.parametrize("forge", FORGES)
def test_the_page_says_which_tags_to_protect_and_what_to_set_up(forge: ForgeKind) -> None:
    text = MONOREPO.tree(forge)["ci/payments/README.md"].data.decode()
    assert "`payments/v*`" in text
    assert "`main`" in text
    assert "REGISTRY_PASSWORD" in text
    assert f"`{IMAGE}:{BUILD}`" in text
    assert "@" not in text.replace("@sha256", "")


def test_githubs_own_registry_needs_no_secret() -> None:
    tree = Described(images=(GHCR,)).tree(ForgeKind.GITHUB)
    assert all(b"secrets." not in file.data for file in tree.values())
    assert any(b"secrets." in file.data for file in Described().tree(ForgeKind.GITHUB).values())


@pytest.mark.parametrize("forge", FORGES)
def test_a_second_run_changes_nothing(forge: ForgeKind) -> None:
    answers: dict[str, Any] = {"preset": Preset.CRON, "dockerfile": True}
    tree = Described().tree(forge, **answers)
    assert Described().tree(forge, tree, **answers) == tree
    asked = AppCiAnswers("payments", forge, **answers)
    assert set(tree) <= set(written_paths(Described().config(), asked))


@pytest.mark.parametrize("forge", FORGES)
def test_two_apps_share_a_repository(forge: ForgeKind) -> None:
    worker = Described(tags="ledger/v{version}", tag="{version}", images=(WORKER,), name="ledger")
    first = MONOREPO.tree(forge, preset=Preset.WORKER, dockerfile=True)
    both = worker.tree(forge, first, preset=Preset.CRON, dockerfile=True)
    assert {path: both[path] for path in first} == dict(first)
    own = {path for path in both if path not in first}
    assert {path.replace("ledger", "payments") for path in own} <= set(first)
    assert len(own) == len([path for path in first if "payments" in path])
    with pytest.raises(InvalidInput, match="does not name java"):
        worker.tree(forge, first, preset=Preset.JVM)


def test_what_a_team_has_is_left_to_it() -> None:
    there = Tree.of({".gitlab-ci.yml": "stages: [publish]\n", ".tool-versions": "trivy 0.1.0\n"})
    tree = Described().tree(ForgeKind.GITLAB, there)
    assert {path: tree[path] for path in there} == dict(there)
    assert ".gitlab/ci/payments.yml" in tree


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({"ci/payments/tags.sh": "x"}, "ci/payments/tags.sh: is there already and says something"),
        ({"ci": "x"}, "ci: is a file where a directory is needed"),
        ({".tool-versions": "python 3.13\n"}, ".tool-versions: does not name trivy; nothing"),
        ({"Dockerfile": "FROM scratch\n"}, "Dockerfile: is there already"),
    ],
)
def test_a_file_in_the_way_is_named(there: dict[str, str], told: str) -> None:
    answers: dict[str, Any] = {"preset": Preset.WORKER, "dockerfile": True}
    with pytest.raises(InvalidInput) as refusal:
        Described().tree(ForgeKind.GITLAB, Tree.of(there), **answers)
    assert str(refusal.value).startswith(told)


@pytest.mark.parametrize(
    ("app", "answers", "told"),
    [
        (Described(), {"forge": ForgeKind.LOCAL}, "the embedded forge runs no pipelines"),
        (Described(), {"dockerfile": True}, "nothing says which Dockerfile"),
        (Described(), {"context": "../x"}, "'../x' is no directory for an app"),
        (Described(), {"context": "/x"}, "'/x' is no directory for an app"),
        (Described(), {"context": "a b"}, "'a b' is no directory for an app"),
        (
            Described(build="{version}-{sha:7}"),
            {},
            "apps/payments/app.yaml: {version} is not known of a build of a branch",
        ),
        (
            Described(tags="v{version}-{sha:7}"),
            {},
            "git tags like v{version}-{sha:7} cannot be told apart",
        ),
        (
            Described(tags="x-{tag}"),
            {},
            "no version is read from git tags like x-{tag}",
        ),
        (Described(branch="a;b"), {}, "a pipeline cannot be told to build the branch 'a;b'"),
        (
            Described(images=(IMAGE, GHCR)),
            {},
            "the images lie in ghcr.io and registry.example.com, and a pipeline logs in to one",
        ),
    ],
)
def test_what_no_pipeline_can_do_is_refused(
    app: Described, answers: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        app.tree(**answers)
    assert told in str(refusal.value)
    assert refusal.value.hint


def test_there_must_be_such_an_app_and_preset() -> None:
    with pytest.raises(InvalidInput, match="no app 'paymets'; did you mean `payments`"):
        app_ci(Described().config(), AppCiAnswers("paymets", ForgeKind.GITLAB), Tree({}))
    with pytest.raises(InvalidInput, match="no preset 'nodejs' is known"):
        app_preset("nodejs")
    assert app_preset("node") is Preset.NODE


@given(st.sampled_from(["payments/v{version}", "a/b/{version}", "@acme/pay@{version}", "{tag}"]))
def test_a_directory_is_read_from_the_tags_of_a_monorepo_alone(tags: str) -> None:
    wanted = {"payments/v{version}": "payments/Dockerfile", "a/b/{version}": "a/b/Dockerfile"}
    tree = Described(tags=tags, tag="{version}").tree(preset=Preset.NODE, dockerfile=True)
    assert wanted.get(tags, "Dockerfile") in tree

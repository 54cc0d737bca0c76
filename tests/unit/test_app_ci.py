"""`app-ci`: what each forge is told, what images are built from, and what is refused."""

import re
from typing import Any

import pytest
import re2
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import InvalidInput
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.app_ci import AppCiAnswers, Preset, app_ci, preset, translation, written_paths
from gitops.tag_template import Template
from gitops.tree import Tree
from tests.unit.pipelines import BUILD, FORGES, IMAGE, WORKER, Described
from tests.unit.test_app_ci_tags import source_templates, version_texts

GHCR = "ghcr.io/shop/payments"
MONOREPO = Described(tags="payments/v{version}", tag="{version}")
PRESETS = tuple(Preset)
VARIANTS: dict[str, tuple[Described, dict[str, Any]]] = {
    "plain": (Described(), {}),
    "two": (Described(images=(IMAGE, WORKER)), {"preset": Preset.JVM, "dockerfile": True}),
    "own registry": (Described(images=(GHCR,)), {}),
    "monorepo": (MONOREPO, {"preset": Preset.WORKER, "dockerfile": True}),
    "directory": (Described(), {"context": "services/pay"}),
    "tags alone": (Described(branch=None), {}),
    "tags alone of a directory": (Described(branch=None), {"context": "pay"}),
    "whole tag": (Described(tags="{tag}", branch="release/1.x"), {}),
    "suffix": (Described(tags="r+{version}+x", tag="{version}", branch="a+b"), {}),
}
SECRETS = re.compile(
    r"^\s*(?:export )?\w*(?:PASSWORD|TOKEN|SECRET)\w*[ ]?[:=][ ]?(.*)", re.MULTILINE
)
ACTIONS = (ForgeKind.GITHUB, ForgeKind.GITEA)
EXPRESSIONS = {
    *("github.ref", "github.token", "github.actor"),
    *("secrets.REGISTRY_USERNAME", "secrets.REGISTRY_PASSWORD"),
}


def job_path(forge: ForgeKind) -> str:
    if forge is ForgeKind.GITLAB:
        return ".gitlab/ci/payments.yml"
    return f".{forge}/workflows/payments-image.yml"


def job_of(name: str, forge: ForgeKind) -> Any:
    app, answers = VARIANTS[name]
    return yaml.safe_load(app.tree(forge, **answers)[job_path(forge)].data)


variants = pytest.mark.parametrize("name", VARIANTS)


@variants
@pytest.mark.parametrize("forge", ACTIONS)
def test_a_workflow_is_whole(name: str, forge: ForgeKind) -> None:
    workflow = job_of(name, forge)
    assert workflow.keys() == {"name", "on", "permissions", "concurrency", "jobs"}
    assert workflow["on"].keys() == {"push"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert "github.ref" in workflow["concurrency"]["group"]
    own = name == "own registry" and forge is ForgeKind.GITHUB
    wanted = {"contents": "read", **({"packages": "write"} if own else {})}
    assert workflow["permissions"] == wanted
    (job,) = workflow["jobs"].values()
    assert job.keys() == {"runs-on", "timeout-minutes", "steps"}
    for step in job["steps"]:
        # No action of anybody: nothing is run that is not written here.
        assert step.keys() == {"name", "env", "run"}
        assert step["run"].strip()
        assert "${{" not in step["run"]
        used = set(re.findall(r"\$\{?([A-Za-z_]+)", step["run"]))
        assert {n for n in used if not n.startswith("GITHUB_")} <= step["env"].keys()
        for key, value in step["env"].items():
            assert value.startswith("${{"), key


@variants
@pytest.mark.parametrize("forge", ACTIONS)
def test_a_workflow_uses_no_expression_but_these(name: str, forge: ForgeKind) -> None:
    app, answers = VARIANTS[name]
    text = app.tree(forge, **answers)[job_path(forge)].data.decode()
    assert set(re.findall(r"\$\{\{ ?(.*?) ?\}\}", text)) <= EXPRESSIONS


@variants
def test_a_gitlab_job_is_whole(name: str) -> None:
    document = job_of(name, ForgeKind.GITLAB)
    ((key, job),) = document.items()
    assert key == "publish-payments"
    app, answers = VARIANTS[name]
    root = yaml.safe_load(app.tree(**answers)[".gitlab-ci.yml"].data)
    assert job["stage"] in root["stages"]
    assert root["include"] == [{"local": "/.gitlab/ci/*.yml"}]
    assert job["script"] == ["sh ci/payments/publish.sh"]
    assert job["timeout"] == "1 hour"
    assert job["interruptible"] is False
    assert job["resource_group"] == "payments-image-$CI_COMMIT_REF_SLUG"
    texts = [job["image"], *job["services"], *(rule["if"] for rule in job["rules"])]
    for variable in re.findall(r"\$([A-Z_]+)", " ".join(texts)):
        assert variable in job["variables"] or variable in {"CI_COMMIT_BRANCH", "CI_COMMIT_TAG"}
    # Every rule says of which pushes: no merge request starts a job that has the login.
    assert all(
        "CI_COMMIT_BRANCH ==" in r["if"] or "CI_COMMIT_TAG =~" in r["if"] for r in job["rules"]
    )


@variants
@pytest.mark.parametrize("forge", FORGES)
def test_no_secret_and_no_latest_is_in_any_file(name: str, forge: ForgeKind) -> None:
    app, answers = VARIANTS[name]
    for path, file in app.tree(forge, **answers).items():
        text = file.data.decode()
        assert "latest" not in text, path
        for value in SECRETS.findall(text):
            assert value.lstrip('"').startswith("$"), path


def branches_of(name: str, forge: ForgeKind) -> list[str]:
    job = job_of(name, forge)
    if forge is ForgeKind.GITLAB:
        rules = " ".join(rule["if"] for rule in job["publish-payments"]["rules"])
        return re.findall(r'\$CI_COMMIT_BRANCH == "(.*?)"', rules)
    return [text.replace("\\", "") for text in job["on"]["push"].get("branches", [])]


@pytest.mark.parametrize("forge", FORGES)
def test_the_branches_that_are_followed_are_built(forge: ForgeKind) -> None:
    assert branches_of("plain", forge) == ["main"]
    assert branches_of("whole tag", forge) == ["release/1.x"]
    assert branches_of("suffix", forge) == ["a+b"]
    assert branches_of("tags alone", forge) == branches_of("tags alone of a directory", forge) == []


def watched(name: str, forge: ForgeKind) -> list[str]:
    job = job_of(name, forge)
    if forge is ForgeKind.GITLAB:
        found = [r.get("changes", {}).get("paths", []) for r in job["publish-payments"]["rules"]]
        return [path for paths in found for path in paths]
    return list(job["on"]["push"].get("paths", []))


@pytest.mark.parametrize("forge", FORGES)
def test_of_a_monorepo_only_what_changed_is_built(forge: ForgeKind) -> None:
    for name, directory in (("monorepo", "payments"), ("directory", "services/pay")):
        paths = watched(name, forge)
        assert [path.rstrip("/*") for path in paths[:2]] == [directory, "ci/payments"]
        assert paths[2:] == [".tool-versions", job_path(forge)]
        assert all(path.endswith("/**" + "/*" * (forge is ForgeKind.GITLAB)) for path in paths[:2])
    for name in ("plain", "tags alone", "tags alone of a directory"):
        assert watched(name, forge) == []


def glob_matches(glob: str, name: str) -> bool:
    """GitHub's filter patterns, as far as ours use them.

    Source: GitHub's workflow syntax, "Filter pattern cheat sheet".
    """
    parts = re.findall(r"\\.|\[[^\]]+\]|\*|.", glob)
    known = {"*": "[^/]*", "[0-9]": "[0-9]", "+": "+", "?": "?"}
    regex = "".join(known.get(part) or re.escape(part.removeprefix("\\")) for part in parts)
    return re.fullmatch(regex, name) is not None


@given(source_templates, version_texts())
def test_the_filters_let_every_version_pass(text: str, version: str) -> None:
    template = Template.parse(text)
    for name in (version, re.sub(r"\{.*\}", lambda _: version, text)):
        fields = template.read(name)
        if fields is None or (
            fields.tag and Template.parse("{version}").read(name.removeprefix("v")) is None
        ):
            continue
        assert any(glob_matches(glob, name) for glob in translation.globs(template))
        assert re2.search(translation.expression(template).replace("\\/", "/"), name)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("v{version}", "x1.0"), ("payments/v{version}", "v1.0"), ("{tag}", "latest-build")],
)
def test_the_filters_hold_others_back(text: str, foreign: str) -> None:
    template = Template.parse(text)
    assert not any(glob_matches(glob, foreign) for glob in translation.globs(template))
    assert not re2.search(translation.expression(template).replace("\\/", "/"), foreign)


@pytest.mark.parametrize("kind", PRESETS)
def test_an_image_runs_as_nobody_and_its_versions_are_named_once(kind: Preset) -> None:
    tree = Described(images=(IMAGE, WORKER)).tree(preset=kind, dockerfile=True)
    assert tree["Dockerfile"].data == tree["Dockerfile.payments-worker"].data
    text = tree["Dockerfile"].data.decode()
    stages = re.findall(r"^FROM (\S+)(?: AS \S+)?$", text, re.MULTILINE)
    assert len(stages) == 2
    for stage in stages:
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
        preset("nodejs")
    assert preset("node") is Preset.NODE


@given(st.sampled_from(["payments/v{version}", "a/b/{version}", "@acme/pay@{version}", "{tag}"]))
def test_a_directory_is_read_from_the_tags_of_a_monorepo_alone(tags: str) -> None:
    wanted = {"payments/v{version}": "payments/Dockerfile", "a/b/{version}": "a/b/Dockerfile"}
    tree = Described(tags=tags, tag="{version}").tree(preset=Preset.NODE, dockerfile=True)
    assert wanted.get(tags, "Dockerfile") in tree

"""`app-ci`: what each forge is told, what images are built from, and what is refused."""

import re
from typing import Any

import pytest
import re2
import yaml
from hypothesis import given

from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Preset
from gitops.scaffold.app_ci import translation
from gitops.tag_template import Template
from tests.unit.generated_git_tags import source_templates, version_texts
from tests.unit.pipelines import FORGES, IMAGE, WORKER, Described

GHCR = "ghcr.io/shop/payments"
MONOREPO = Described(tags="payments/v{version}", tag="{version}")
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

"""`new --registry`: how Flux logs in at the sources that are written later."""

import shlex
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from gitops.check import Severity, findings
from gitops.cli import add_verbs
from gitops.directory import read_directory
from gitops.errors import InvalidInput
from gitops.scaffold import FleetAnswers
from gitops.scaffold.answers.registry import Login, registry
from gitops.scaffold.registries import SECRET, logged_in
from gitops.tree import Tree

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
FORGES = pytest.mark.parametrize("forge", ["gitlab", "github"])
APP = "add app {} --team shop --range >=1.0.0 --kind {} --chart {}"


def written(directory: Path, *lines: str) -> Tree:
    app = typer.Typer()
    add_verbs(app)
    for line in lines:
        where = f"--path {directory}" if line.startswith("add") else str(directory)
        words = shlex.split(f"{line} {where}")
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, (line, done.output)
    return read_directory(directory)


@FORGES
def test_each_source_of_a_private_registry_has_its_login(forge: str, tmp_path: Path) -> None:
    tree = written(
        tmp_path,
        f"new --yes --name acme --forge {forge} --registry {ECR} --registry ghcr.io=generic"
        " --registry shop.azurecr.io --registry charts.example.com",
        APP.format("cloud", "oci-chart", f"oci://{ECR}/charts/cloud"),
        APP.format("azure", "oci-chart", "oci://shop.azurecr.io/charts/azure"),
        APP.format("secret", "oci-chart", "oci://ghcr.io/shop/charts/secret"),
        APP.format("index", "helm", "index --repository https://charts.example.com"),
        APP.format("open", "oci-chart", "oci://quay.io/shop/charts/open"),
        "add component cloudnative-pg --have storage",
        "add component keda",
    )
    said = {}
    for path, file in tree.items():
        if path.startswith(("apps/", "infrastructure/")) and b"\n  interval: " in file.data:
            data = yaml.safe_load(file.data)
            if data["kind"] in {"OCIRepository", "HelmRepository"}:
                spec = data["spec"]
                said[path] = (spec.get("provider"), spec.get("secretRef", {}).get("name"))
    pg = {f"infrastructure/cloudnative-pg/envs/{e}/chart.yaml" for e in ("dev", "stage", "prod")}
    assert said == {
        "apps/cloud/base/chart.yaml": ("aws", None),
        "apps/azure/base/chart.yaml": ("azure", None),
        "apps/secret/base/chart.yaml": (None, SECRET),
        "apps/index/base/chart.yaml": (None, SECRET),
        "apps/open/base/chart.yaml": (None, None),
        **dict.fromkeys(pg, (None, SECRET)),
        "infrastructure/keda/base/repository.yaml": (None, None),
    }
    assert [str(f) for f in findings(tree) if f.severity is not Severity.INFO] == []


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    add = APP.format("cloud", "oci-chart", f"oci://{ECR}/charts/cloud")
    tree = written(tmp_path, f"new --yes --name acme --registry {ECR}", add, "add component keda")
    assert written(tmp_path, add, "add component keda", "update") == tree


def test_a_registry_that_nobody_named_gets_no_login(tmp_path: Path) -> None:
    add = APP.format("cloud", "oci-chart", f"oci://{ECR}/charts/cloud")
    tree = written(tmp_path, "new --yes --name acme --registry ghcr.io", add)
    spec = yaml.safe_load(tree["apps/cloud/base/chart.yaml"].data)["spec"]
    assert not {"provider", "secretRef"} & spec.keys()


@pytest.mark.parametrize(
    ("text", "login"),
    [
        (ECR, Login.AWS),
        (f"{ECR}=generic", Login.GENERIC),
        ("shop.azurecr.io", Login.AZURE),
        ("europe-docker.pkg.dev", Login.GCP),
        ("gcr.io", Login.GCP),
        ("registry.example.com:5000", Login.GENERIC),
        ("registry.example.com=gcp", Login.GCP),
    ],
)
def test_a_host_tells_its_login_where_nobody_does(text: str, login: Login) -> None:
    assert registry(text) == (text.partition("=")[0], login)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("https://ghcr.io",), "--registry https://ghcr.io is no registry; write its host"),
        (("ghcr.io/shop",), "--registry ghcr.io/shop is no registry"),
        (("ghcr.io=awz",), "Flux has no login 'awz'; did you mean `aws`"),
        (("ghcr.io", "ghcr.io=aws"), "the registry ghcr.io is named twice"),
    ],
)
def test_what_is_no_registry_is_refused(texts: tuple[str, ...], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        FleetAnswers("acme", registries=texts)
    assert FleetAnswers("acme", registries=("ghcr.io",)).registries == ("ghcr.io",)


def test_an_image_repository_logs_in_too_and_a_patch_does_not() -> None:
    head = "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: {name: a}\n"
    whole = f"{head}spec:\n  interval: 5m\n  image: {ECR}/shop/a\n".encode()
    patch = f"{head}spec:\n  image: {ECR}/shop/a\n".encode()
    done = logged_in({"a.yaml": whole, "b.yaml": patch, "c.txt": whole}, {ECR: Login.AWS})
    assert done == {"a.yaml": whole + b"  provider: aws\n", "b.yaml": patch, "c.txt": whole}

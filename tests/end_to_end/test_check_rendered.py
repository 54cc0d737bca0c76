"""`fairlead check` with kustomize and without it."""

import json
from pathlib import Path

import pytest

from gitops.directory import write_directory
from gitops.tree import Tree
from tests.end_to_end.test_render import fairlead
from tests.unit.test_check_codes import FLEET

OVERLAY = "apps/shop/envs/prod/kustomization.yaml"
ONE = FLEET[OVERLAY].data + b"replicas:\n  - {name: shop, count: 1}\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    write_directory(tmp_path, Tree({}), FLEET)
    (tmp_path / OVERLAY).write_bytes(ONE)
    return tmp_path


def codes(text: str) -> set[str]:
    return {finding["code"] for finding in json.loads(text)["findings"]}


def test_what_only_rendering_shows_is_found_where_it_was_written(
    fleet: Path, kustomize: str
) -> None:
    done = fairlead(fleet, "check", "--json", tools=kustomize)
    assert done.stderr == ""
    [found] = [f for f in json.loads(done.stdout)["findings"] if f["code"] == "FL806"]
    assert (found["path"], found["line"]) == ("apps/shop/base/deployment.yaml", 4)
    assert "in prod" in found["message"]


def test_a_comment_and_a_baseline_silence_it(fleet: Path, kustomize: str) -> None:
    deployment = fleet / "apps/shop/base/deployment.yaml"
    text = deployment.read_text()
    said = "# fairlead: ignore-file FL806, FL961, FL962 one is enough here\n"
    deployment.write_text(said + text)
    assert (
        "FL806" not in fairlead(fleet, "check", "--json", tools=kustomize).stdout.split("supp")[0]
    )
    # Where nothing is rendered, what silences it is not idle.
    assert "FL093" not in fairlead(fleet, "check", "--no-render").stdout
    deployment.write_text(text)
    fairlead(fleet, "check", "--write-baseline", tools=kustomize)
    known = fairlead(fleet, "check", "--strict", tools=kustomize)
    assert (known.returncode, "in the baseline" in known.stdout) == (0, True)


def test_without_kustomize_it_says_what_is_left_out(fleet: Path) -> None:
    done = fairlead(fleet, "check", "--json")
    assert "kustomize was not found on PATH" in done.stderr
    assert "FL806" not in codes(done.stdout)
    silent = fairlead(fleet, "check", "--no-render", "--json")
    assert (silent.stderr, silent.stdout) == ("", done.stdout)


def test_no_render_leaves_it_out_on_purpose(fleet: Path, kustomize: str) -> None:
    done = fairlead(fleet, "check", "--no-render", "--json", tools=kustomize)
    assert "FL806" not in codes(done.stdout)


def test_what_kustomize_alone_refuses_is_told_once(fleet: Path, kustomize: str) -> None:
    patch = b'patches:\n  - patch: \'[{"op": "remove", "path": "/spec/nothing"}]\'\n'
    (fleet / OVERLAY).write_bytes(FLEET[OVERLAY].data + patch + b"    target: {kind: Deployment}\n")
    done = fairlead(fleet, "check", "--json", tools=kustomize)
    [found] = [f for f in json.loads(done.stdout)["findings"] if f["code"] == "FL002"]
    assert found["path"].startswith("apps/shop/envs/prod")
    assert "kustomize: " in found["message"]
    (fleet / OVERLAY).write_bytes(FLEET[OVERLAY].data + b"components: [absent]\n")
    done = fairlead(fleet, "check", "--json", tools=kustomize)
    assert "FL002" not in codes(done.stdout)
    assert "FL007" in codes(done.stdout)


def test_a_remote_base_is_no_fault_and_hides_what_it_may_bring(fleet: Path, kustomize: str) -> None:
    remote = b"  - https://github.com/acme/base//deploy?ref=v1\n"
    text = FLEET[OVERLAY].data.replace(b"  - ../../base\n", b"  - ../../base\n" + remote)
    (fleet / OVERLAY).write_bytes(text)
    done = fairlead(fleet, "check", "--json", tools=kustomize)
    assert "FL002" not in codes(done.stdout)
    shown = fairlead(fleet, "render", "shop", "prod", tools=kustomize)
    assert (shown.returncode, "nothing is fetched" in shown.stderr) == (2, True)

"""A workflow's steps, run one after the other from an empty directory, as a runner does."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from gitops.directory import write_directory
from gitops.scaffold.answers import ForgeKind
from gitops.tree import Tree
from tests.unit.docker_stand_in import Job
from tests.unit.pipelines import IMAGE, TIMEOUT, Described

LOGIN = {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "s3cret"}
ACTIONS = [ForgeKind.GITHUB, ForgeKind.GITEA]


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class Forge:
    """A forge with the app's repository on it, and a runner that keeps its directory."""

    def __init__(self, directory: Path, kind: ForgeKind) -> None:
        self.tree = Described().tree(kind)
        self.job = Job.of(directory, Tree({}))
        self.directory = directory
        self.work = directory / "work"
        self.work.mkdir()
        (path,) = [path for path in self.tree if "/workflows/" in path]
        self.steps = yaml.safe_load(self.tree[path].data)["jobs"]["publish"]["steps"]
        seed = directory / "seed"
        seed.mkdir()
        git(seed, "init", "-q", "-b", "main")
        write_directory(seed, Tree({}), self.tree)
        git(seed, "add", "-A")
        git(seed, "commit", "-q", "-m", "first")
        git(seed, "tag", "-a", "v1.0", "-m", "first")
        (directory / "shop").mkdir()
        git(directory, "clone", "-q", "--bare", "seed", "shop/payments.git")
        self.seed = seed

    def run(self, ref: str, sha: str) -> list[subprocess.CompletedProcess[str]]:
        """Run the steps until one fails."""
        variables = {
            **LOGIN,
            "TOKEN": "t0ken",
            "STATE": str(self.job.state),
            "GITHUB_SERVER_URL": self.directory.as_uri(),
            "GITHUB_REPOSITORY": "shop/payments",
            "GITHUB_REF": ref,
            "GITHUB_SHA": sha,
        }
        path = f"{self.job.state}:{os.environ['PATH']}"
        done = []
        for step in self.steps:
            done.append(
                subprocess.run(
                    ["bash", "-e", "-c", step["run"]],
                    cwd=self.work,
                    env={**os.environ, **variables, "PATH": path},
                    capture_output=True,
                    text=True,
                    timeout=TIMEOUT,
                    check=False,
                )
            )
            if done[-1].returncode:
                break
        return done


@pytest.fixture(params=ACTIONS)
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Forge:
    return Forge(tmp_path, request.param)


def test_a_release_is_fetched_built_and_tagged(forge: Forge) -> None:
    # On some forges an annotated tag's own object is named, on others its commit.
    for sha in (git(forge.seed, "rev-parse", "v1.0"), git(forge.seed, "rev-parse", "HEAD")):
        done = forge.run("refs/tags/v1.0", sha)
        assert [(step.returncode, step.stderr) for step in done] == [(0, ""), (0, "")]
        assert forge.job.tags == [f"{IMAGE}:v1.0"]
    build = forge.job.calls_of("buildx", "build")[0]
    head = git(forge.seed, "rev-parse", "HEAD")
    assert f"org.opencontainers.image.revision={head}" in build


def test_what_the_last_job_left_is_gone(forge: Forge) -> None:
    head = git(forge.seed, "rev-parse", "HEAD")
    assert forge.run("refs/heads/main", head)[-1].returncode == 0
    (forge.work / "left").write_text("by another job")
    (forge.work / "ci/payments/tags.sh").write_text("echo other tags")
    assert forge.run("refs/tags/v1.0", head)[-1].returncode == 0
    assert not (forge.work / "left").exists()
    assert forge.job.tags[-1] == f"{IMAGE}:v1.0"


def test_the_token_stays_in_the_environment(forge: Forge) -> None:
    done = forge.run("refs/heads/main", git(forge.seed, "rev-parse", "HEAD"))
    assert len(done) == 2
    texts = [step.stdout + step.stderr for step in done]
    kept = [path for path in forge.work.rglob("*") if path.is_file()]
    assert not any("t0ken" in text for text in texts)
    assert not any(b"t0ken" in path.read_bytes() for path in kept)


def test_a_commit_that_is_gone_ends_the_job(forge: Forge) -> None:
    done = forge.run("refs/heads/main", "0" * 39 + "1")
    assert len(done) == 1
    assert done[0].returncode != 0
    assert forge.job.calls == []

"""`publish.sh`: nothing that Trivy holds back gets a tag, and no tag is given twice."""

from pathlib import Path

import pytest

from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Preset
from tests.unit.docker_stand_in import Job
from tests.unit.pipelines import COMMIT, IMAGE, WORKER, Described, of_branch, of_tag

LOGIN = {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "s3cret"}
RELEASE = {**of_tag("v1.0"), **LOGIN}
TWO = Described(images=(IMAGE, WORKER))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job of an app with two images, on GitLab."""
    return Job.of(tmp_path, TWO.tree(preset=Preset.JVM))


def value(call: list[str], option: str) -> str:
    return call[call.index(option) + 1]


def test_every_image_is_looked_at_before_any_gets_its_tag(job: Job) -> None:
    done = job.run(RELEASE)
    assert (done.returncode, done.stderr) == (0, "")
    assert job.tags == [f"{IMAGE}:v1.0", f"{WORKER}:v1.0"]
    give = ["buildx", "imagetools", "create"]
    looked = [i for i, call in enumerate(job.calls) if call[0] == "start"]
    given = [i for i, call in enumerate(job.calls) if call[:3] == give]
    assert len(looked) == len(given) == 2
    assert max(looked) < min(given)


def test_what_was_looked_at_is_what_gets_the_tag(job: Job) -> None:
    assert job.run(RELEASE).returncode == 0
    looked = [call[-1] for call in job.calls_of("pull")]
    tagged = [call[-1] for call in job.calls_of("buildx", "imagetools", "create")]
    assert looked == tagged
    assert [text.partition("@sha256:")[0] for text in looked] == [IMAGE, WORKER]
    for call in job.calls_of("buildx", "build"):
        output = dict(part.split("=", 1) for part in value(call, "--output").split(","))
        assert output["push-by-digest"] == output["push"] == "true"
        assert "--tag" not in call


@pytest.mark.parametrize("bad", [f"{IMAGE}@", f"{WORKER}@"])
def test_one_critical_image_holds_all_back(job: Job, bad: str) -> None:
    job.bad(bad)
    done = job.run(RELEASE)
    assert done.returncode == 1
    assert f"Trivy holds back {bad}sha256:" in done.stderr
    assert job.tags == []


def test_trivy_looks_for_what_is_critical_and_gets_no_login(job: Job) -> None:
    (job.checkout / ".trivyignore").write_text("CVE-2026-0001\n")
    assert job.run(RELEASE).returncode == 0
    created = job.calls_of("create")
    assert len(created) == 2
    for call in created:
        assert value(call, "--severity") == "CRITICAL"
        assert value(call, "--exit-code") == "1"
        assert "ghcr.io/aquasecurity/trivy:0.69.3" in call
        assert not [word for word in call if word.startswith(("--env", "-e", "-v", "--volume"))]
    assert [call[1:] for call in job.calls_of("cp") if call[1] == ".trivyignore"] == [
        [".trivyignore", "box:/.trivyignore"]
    ] * 2


def test_the_labels_say_what_it_is(job: Job) -> None:
    assert job.run({**of_branch("main"), **LOGIN}).returncode == 0
    first = job.calls_of("buildx", "build")[0]
    labels = dict(
        first[i + 1].removeprefix("org.opencontainers.image.").split("=", 1)
        for i, word in enumerate(first)
        if word == "--label"
    )
    assert labels.keys() == {"revision", "source", "version", "created"}
    assert labels["revision"] == COMMIT
    assert labels["source"] == "https://git.example.com/shop/payments.git"
    assert f"{IMAGE}:{labels['version']}" == job.tags[0]
    assert labels["created"][:4].isdigit()
    assert value(first, "--build-arg") == "JAVA_VERSION=21.0.9_10"
    assert value(first, "--file") == "Dockerfile"


def test_each_image_begins_where_its_last_build_ended(job: Job) -> None:
    assert job.run(RELEASE).returncode == 0
    for image, call in zip((IMAGE, WORKER), job.calls_of("buildx", "build"), strict=True):
        cache = f"type=registry,ref={image}:buildcache"
        assert value(call, "--cache-from") == cache
        # What cannot be kept for the next build is no reason to fail this one.
        assert value(call, "--cache-to") == f"{cache},mode=max,ignore-error=true"


def test_a_tag_is_given_once(job: Job) -> None:
    assert job.run(RELEASE).returncode == 0
    builds = len(job.calls_of("buildx", "build"))
    done = job.run(RELEASE)
    assert (done.returncode, len(job.calls_of("buildx", "build"))) == (0, builds)
    assert f"{IMAGE}:v1.0 is there already" in done.stdout
    assert job.tags == [f"{IMAGE}:v1.0", f"{WORKER}:v1.0"]


@pytest.mark.parametrize(
    "trouble",
    ["ERROR: 503 Service Unavailable", "ERROR: docker-credential-x: executable file not found"],
)
def test_a_registry_that_does_not_answer_gets_no_tag(job: Job, trouble: str) -> None:
    (job.state / "trouble").write_text(trouble)
    done = job.run(RELEASE)
    assert done.returncode == 1
    assert f"nobody can tell whether {IMAGE}:v1.0 is there: {trouble}" in done.stderr
    assert job.tags == []


def test_the_password_is_on_no_command_line(job: Job) -> None:
    done = job.run(RELEASE)
    assert (job.state / "password").read_text() == "s3cret"
    assert "s3cret" not in done.stdout + done.stderr + str(job.calls)


def test_gitlabs_own_registry_takes_the_jobs_token(job: Job) -> None:
    own = {"CI_REGISTRY_USER": "gitlab-ci-token", "CI_REGISTRY_PASSWORD": "t0ken"}
    here = {**of_tag("v1.0"), **own, "CI_REGISTRY": "registry.example.com"}
    assert job.run(here).returncode == 0
    assert (job.state / "password").read_text() == "t0ken"
    assert value(job.calls_of("login")[0], "--username") == "gitlab-ci-token"
    elsewhere = job.run({**here, "CI_REGISTRY": "registry.example.org"})
    assert elsewhere.returncode == 1
    assert "no login for registry.example.com" in elsewhere.stderr


def test_certificates_come_to_buildx_by_a_context(job: Job) -> None:
    assert job.run({**RELEASE, "DOCKER_CERT_PATH": "/certs/client"}).returncode == 0
    (context,) = job.calls_of("context", "create")
    (builder,) = job.calls_of("buildx", "create")
    assert builder[-1] == context[-1]
    assert job.calls_of("buildx", "rm") == [["buildx", "rm", "--force", value(builder, "--name")]]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (of_tag("v1.0"), "no login for registry.example.com: ci/payments/README.md says how"),
        ({**of_tag("v1"), **LOGIN}, "v1 names no version"),
        ({**of_tag("v1.0;id"), **LOGIN}, "the tag v1.0?id has characters"),
        ({**of_branch("other"), **LOGIN}, "no environment follows this branch"),
    ],
)
def test_nothing_is_asked_of_docker_before_all_is_known(
    job: Job, variables: dict[str, str], told: str
) -> None:
    done = job.run(variables)
    assert done.returncode == 1
    assert told in done.stderr
    assert job.calls == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("java 21\n", ".tool-versions does not name trivy"),
        ("trivy $(id)\njava 21\n", ".tool-versions names no version of trivy"),
        ("trivy\n", ".tool-versions names no version of trivy"),
    ],
)
def test_tool_versions_are_checked(job: Job, text: str, told: str) -> None:
    (job.checkout / ".tool-versions").write_text(text)
    done = job.run(RELEASE)
    assert (done.returncode, done.stderr) == (1, f"ci/payments/publish.sh: {told}\n")
    assert job.calls == []


def test_a_last_line_without_its_end_counts(job: Job) -> None:
    (job.checkout / ".tool-versions").write_text("trivy 1.2.3\njava temurin-25.0.1+8.0.LTS")
    assert job.run(RELEASE).returncode == 0
    assert "JAVA_VERSION=25.0.1_8" in job.calls_of("buildx", "build")[0]
    assert "ghcr.io/aquasecurity/trivy:1.2.3" in job.calls_of("create")[0]


def test_each_platform_is_looked_at(tmp_path: Path) -> None:
    app = Described(platforms=("linux/amd64", "linux/arm64"))
    job = Job.of(tmp_path, app.tree(ForgeKind.GITLAB, context="services/pay"))
    assert job.run(RELEASE).returncode == 0
    (build,) = job.calls_of("buildx", "build")
    assert value(build, "--platform") == "linux/amd64,linux/arm64"
    assert value(build, "--file") == "services/pay/Dockerfile"
    assert build[-1] == "services/pay"
    assert [value(call, "--platform") for call in job.calls_of("pull")] == list(app.platforms)
    assert "--build-arg" not in build

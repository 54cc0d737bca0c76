"""Answers that are refused before anything is looked at, and versions on the command line."""

import pytest

from gitops.errors import InvalidInput
from gitops.fleet import Setting
from gitops.scaffold import AppAnswers
from gitops.scaffold.answers import app_kind, forge_kind
from gitops.scaffold.versions import settings_of

URL = "https://git.example.com/a.git"
DIGEST = "sha256:" + "a" * 64
ONE = ("r.example/shop/web",)
TWO = ("r.example/shop/web", "r.example/shop/worker")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"name": "Payments"}, "'Payments' is no name for an app; write it as payments"),
        ({"name": "apps"}, "is taken; name it apps-app"),
        ({"name": "7up"}, "starts with a letter; name it app-7up"),
        ({"images": ()}, "add --image"),
        ({"images": ("a b",)}, "'a b' is no image repository"),
        ({"images": ("r.example/web:v1",)}, "write --image r.example/web, and --version"),
        ({"images": (f"r.example/web@{DIGEST}",)}, "names a version"),
        ({"images": ("r.example/web", "a/worker", "b/worker")}, "the workload app-worker"),
        ({"source": None}, "nothing says where new versions come from"),
        ({"range": ">=1.0.0"}, "leave out --range, or --source"),
        ({"source": None, "range": ">=1", "build": "x"}, "leave out --build"),
        ({"port": 0}, "0 is no port"),
    ],
)
def test_an_app_that_cannot_be(answers: dict[str, object], message: str) -> None:
    right: dict[str, object] = {"name": "app", "team": "shop", "images": ONE, "source": URL}
    with pytest.raises(InvalidInput, match=message):
        AppAnswers(**(right | answers))  # type: ignore[arg-type]


def test_workloads_are_named_after_the_app_and_its_further_images() -> None:
    images = ("r/a", "r/worker", "r/web-cron_jobs")
    assert AppAnswers("web", "shop", images, URL).workloads == (
        "web",
        "web-worker",
        "web-cron-jobs",
    )


def test_kinds() -> None:
    assert (forge_kind("gitea"), app_kind("kustomize")) == ("gitea", "kustomize")
    with pytest.raises(InvalidInput, match="did you mean `gitlab"):
        forge_kind("gitlub")
    with pytest.raises(InvalidInput, match="known: helm, kustomize, oci-chart"):
        app_kind("jsonnet")


@pytest.mark.parametrize(
    ("images", "versions", "settings"),
    [
        (ONE, ["v1"], [Setting(ONE[0], "v1", None)]),
        (ONE, [f"v1@{DIGEST}"], [Setting(ONE[0], "v1", DIGEST)]),
        (TWO, ["v1"], [Setting(image, "v1", None) for image in TWO]),
        (TWO, [f"worker=v2@{DIGEST}"], [Setting(TWO[1], "v2", DIGEST)]),
        (
            TWO,
            [f"{TWO[0]}=v1", "worker=v2"],
            [Setting(TWO[0], "v1", None), Setting(TWO[1], "v2", None)],
        ),
    ],
)
def test_versions(images: tuple[str, ...], versions: list[str], settings: list[Setting]) -> None:
    assert settings_of(images, versions) == tuple(settings)


def test_a_bare_version_is_not_that_of_what_has_its_own() -> None:
    images = (*ONE, "base")
    assert settings_of(images, ["v1"], {"base"}) == (Setting(ONE[0], "v1", None),)
    assert settings_of(images, ["base=2.1.0"], {"base"}) == (Setting("base", "2.1.0", None),)
    assert settings_of(images, ["v1"]) == tuple(Setting(image, "v1", None) for image in images)


@pytest.mark.parametrize(
    ("images", "versions", "message"),
    [
        (ONE, [], "nothing is no version"),
        (ONE, ["v1", "v2"], "v1 v2 is no version; write one VERSION for all"),
        (TWO, ["v1", "web=v2"], "write one VERSION for all"),
        (ONE, ["@sha256:1"], "write TAG or TAG@sha256:DIGEST"),
        (ONE, ["v1@"], "write TAG or TAG@sha256:DIGEST"),
        (TWO, [f"v1@{DIGEST}"], "one digest cannot be that of several images"),
        (TWO, ["wrker=v1"], "no image 'wrker'; did you mean `r.example/shop/worker"),
        (TWO, ["zzz=v1"], "known: r.example/shop/web, r.example/shop/worker"),
        (ONE, ["0.0.0-unreleased"], "stands for an app without a release"),
    ],
)
def test_versions_that_are_none(images: tuple[str, ...], versions: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        settings_of(images, versions)

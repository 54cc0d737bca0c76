"""What happens by itself on the stand-in for GitHub: automatic merges, and what apps do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import github
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github.PullRequest import PullRequest

from tests.contract.github_people import Clone, again, approve, of, open_pull, protect, refusal
from tests.stand_ins.github import GitHub
from tests.stand_ins.model import Tier

Opened = Callable[..., tuple[PullRequest, Clone]]
APP = {"contents": "write", "pull_requests": "write", "statuses": "write", "checks": "write"}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github"), tier=Tier.PREMIUM) as server:
        for name in ("ana", "bo", "eve"):
            server.person(name)
        yield server


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def made(server: GitHub) -> tuple[PullRequest, Clone]:
        return open_pull(server, tmp_path)

    return made


def pair() -> tuple[str, str]:
    """A private key and its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def arm(server: GitHub, pull: PullRequest, name: str) -> PullRequest:
    place = f"/repos/{pull.base.repo.full_name}"
    server.call("PATCH", place, {"allow_auto_merge": True})
    theirs = of(server, pull, name)
    theirs.enable_automerge(expected_head_oid=pull.head.sha)
    return theirs


def test_an_armed_merge_happens_when_nothing_is_in_the_way(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    protect(team, pull)
    again(pull)
    arm(team, pull, "bo")
    assert (
        pull.base.repo.get_pull(pull.number).raw_data["auto_merge"]["enabled_by"]["login"] == "bo"
    )
    approve(team, pull, "ana")
    merged = again(pull)
    assert (merged.merged, merged.merged_by.login) == (True, "bo")


def test_an_armed_merge_is_taken_back(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    protect(team, pull)
    again(pull)
    arm(team, pull, "bo")
    pull.disable_automerge()
    approve(team, pull, "ana")
    still = again(pull)
    assert (still.merged, still.raw_data["auto_merge"]) == (False, None)
    with pytest.raises(github.GithubException, match="Can't disable auto-merge"):
        pull.disable_automerge()


def test_what_could_be_merged_at_once_is_not_armed(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    again(pull)
    with pytest.raises(github.GithubException, match="clean status"):
        arm(team, pull, "bo")


def test_an_app_acts_as_its_bot(team: GitHub, opened: Opened) -> None:
    pull, _ = opened(team)
    private, public = pair()
    installed = team.app("promoter", public, **APP)
    app = github.Auth.AppAuth(installed.app.id, private)
    auth = app.get_installation_auth(installed.id)
    bot = github.Github(
        base_url=f"{team.url}/api/v3", auth=auth, retry=None, seconds_between_writes=0
    )
    repository = bot.get_repo(pull.base.repo.full_name)
    run = repository.create_check_run("scan", pull.head.sha, conclusion="success")
    assert (run.app.slug, run.conclusion) == ("promoter", "success")
    with refusal(403, "must authenticate via a GitHub App"):
        pull.base.repo.create_check_run("scan", pull.head.sha)
    said = repository.get_pull(pull.number).create_issue_comment("superseded")
    assert (said.user.login, said.user.type) == ("promoter[bot]", "Bot")
    with refusal(403, "not accessible by integration"):
        repository.edit(allow_auto_merge=True)


def test_a_key_that_is_not_the_apps_is_refused(team: GitHub) -> None:
    (private, _), (_, public) = pair(), pair()
    installed = team.app("impostor", public, **APP)
    auth = github.Auth.AppAuth(installed.app.id, private)
    app = github.GithubIntegration(auth=auth, base_url=f"{team.url}/api/v3", retry=None)
    with refusal(401, "could not be decoded"):
        app.get_installations()[0]

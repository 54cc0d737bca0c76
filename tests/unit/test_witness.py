"""No exception shows a credential, whoever raises it, handled or not: against forges of all kinds
that answer with anything, the very credential among it."""

import base64
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import GiteaLimits
from bot.adapters.gitea_api import Project as GiteaProject
from bot.forge import CommitStatus, Forge, MergeRequestText
from bot.model import CheckState
from bot.secret import Secret
from gitops.errors import FairleadError
from tests.conftest import ROOT
from tests.unit import github_answers, test_gitlab
from tests.unit.oci_stand_in import CANARY, QUICK, Said, Script, StandIn
from tests.witness import Witness, credentials, guises

HEAD = "a" * 40
TEXT = MergeRequestText("payments v1.0 to prod", "why")


def gitea(stand_in: StandIn) -> Forge:
    project = GiteaProject.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
    limits = GiteaLimits(web=QUICK, mergeable_pauses=(0.0,))
    return GiteaForge(project, Secret(CANARY), private=True, limits=limits)


FORGES: Mapping[str, Callable[[StandIn], Forge]] = {
    "gitea": gitea,
    "gitlab": test_gitlab.forge,
    "github": github_answers.forge,
}

CALLS: Mapping[str, Callable[[Forge], object]] = {
    "merge_requests": lambda forge: forge.merge_requests(),
    "login": lambda forge: forge.login(),
    "members": lambda forge: forge.members(["acme/qa"]),
    "open": lambda forge: forge.open("promote/prod/a/v1", "main", TEXT, ["x"], ["ana"]),
    "describe": lambda forge: forge.describe(1, TEXT),
    "label": lambda forge: forge.label(1, ["x"], ["y"]),
    "reviews": lambda forge: forge.request_reviews(1, ["ana"]),
    "status": lambda forge: forge.post_status(
        HEAD, "promote/prod/a/v1", CommitStatus(CheckState.SUCCESS, "well")
    ),
    "cancel": lambda forge: forge.cancel_automatic_merge(1),
    "close": lambda forge: forge.close(1, "superseded"),
    "merge": lambda forge: forge.merge(1, HEAD, "Merge"),
}

ECHO = {"message": f"Bearer {CANARY}", "errors": [{"message": CANARY}], "error": CANARY}
ANSWERS = {
    "an object that is another": Said(200, {"login": 1, "message": CANARY}),
    "a list of others": Said(200, [{"number": "x", "iid": "x", "title": CANARY}]),
    "no JSON": Said(200, f"<html>{CANARY}".encode()),
    "half": Said(200, f'{{"x": "{CANARY}'.encode(), length=4000),
    "another encoding": Said(200, CANARY.encode(), {"Content-Encoding": "gzip"}),
    "a redirect": Said(302, b"", {"Location": f"https://elsewhere.example/?{CANARY}"}),
    "a page elsewhere": Said(200, [], {"Link": f'<https://e.example/?{CANARY}>; rel="next"'}),
    "nothing": Said(204),
    **{f"refused {status}": Said(status, ECHO) for status in (400, 401, 403, 404, 405, 409, 422)},
    "too much": Said(429, ECHO, {"Retry-After": CANARY}),
    "broken": Said(500, ECHO),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("made", FORGES.values(), ids=FORGES)
def test_no_exception_of_a_forges_shows_the_token(
    made: Callable[[StandIn], Forge], answer: Said
) -> None:
    """Our own may not show it at all; a library's not because it was sent, but for an echo."""
    with StandIn(lambda _: answer) as stand_in:
        for name in ("merge_requests", "members", "describe", "label", "merge"):
            try:
                CALLS[name](made(stand_in))
            except FairleadError as error:
                for told in chain(error):
                    assert CANARY not in told


def always(answer: Said) -> Script:
    return lambda _: answer


def ask(made: Callable[[StandIn], Forge], stand_in: StandIn) -> None:
    """Everything, each as if it were the first."""
    for call in CALLS.values():
        with contextlib.suppress(FairleadError):
            call(made(stand_in))


@pytest.mark.parametrize("made", FORGES.values(), ids=FORGES)
def test_what_is_raised_along_the_way_shows_no_token(made: Callable[[StandIn], Forge]) -> None:
    """The libraries' own exceptions among it, in every thread, where nobody sends it back."""
    quiet = Said(403, {"message": "no"}), Said(200, b"<html>"), Said(200, b"[1]"), Said(502)
    with Witness([CANARY]) as witness:
        for answer in quiet:
            with StandIn(always(answer)) as stand_in:
                ask(made, stand_in)
            ask(made, stand_in)  # nobody is there
    assert witness.shown == []
    assert witness.looked_at > len(CALLS)


def chain(error: BaseException | None) -> Iterator[str]:
    """What it says, and whatever it came of, whether Python would show that or not."""
    if error is not None:
        yield f"{error!r} {error} {getattr(error, 'hint', '')}"
        yield from chain(error.__cause__)


# --- the witness itself --------------------------------------------------------------------------


def refuse(guise: str) -> None:
    raise ValueError(f"no header: {guise}")


def shown(guise: str) -> None:
    """It is swallowed, as by a library."""
    with contextlib.suppress(ValueError):
        refuse(guise)


@pytest.mark.parametrize("user", ["", "x", "xy", "fairlead"])
def test_a_credential_is_seen_in_what_was_swallowed(user: str) -> None:
    pair = base64.b64encode(f"{user}:{CANARY}".encode()).decode()
    for guise in (CANARY, f"a {pair} b"):
        with Witness([CANARY]) as witness:
            shown(guise)
        assert len(witness.shown) == 1
        assert "test_witness.py" in witness.shown[0]
        assert CANARY not in witness.shown[0]
    with Witness([CANARY]) as witness:
        shown(base64.b64encode(f"{user}:another-5e1f".encode()).decode())
    assert (witness.shown, witness.looked_at) == ([], 1)


def test_a_credential_is_seen_in_another_thread() -> None:
    with Witness([CANARY]) as witness:
        thread = threading.Thread(target=shown, args=(CANARY,))
        thread.start()
        thread.join()
    assert len(witness.shown) == 1


SWALLOWED = """
import contextlib, sys
from tests.witness import Witness, end
def run():
    with contextlib.suppress(ValueError):
        int(sys.argv[2])
with Witness([sys.argv[1]], end):
    run()
"""


def test_a_process_that_is_watched_ends_at_once() -> None:
    def run(text: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SWALLOWED, CANARY, text]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run("a number").returncode == 0
    ended = run(CANARY)
    assert (ended.returncode, ended.stderr.split(",")[0]) == (
        70,
        "a ValueError shows a credential",
    )


def test_credentials_are_those_of_the_environment_and_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{CANARY}\n")
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[[origins]]\npassword_file = '{tmp_path / 'password'}'\n")
    environment = {"FAIRLEAD_SETTINGS": str(settings), "FAIRLEAD_FORGE_TOKEN": "0123456789"}
    assert set(credentials(environment)) == {CANARY, "0123456789"}
    assert set(credentials({"FAIRLEAD_SETTINGS": str(tmp_path / "none")})) == set()


def test_a_guise_is_long_enough_to_be_none_by_chance() -> None:
    assert all(len(guise) >= 8 for guise in guises(CANARY))

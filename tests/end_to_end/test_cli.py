"""How verbs end and what they say, as child processes against real servers.

Exit codes: `gitops.errors`. A message is one line that says what, where and what to do.
"""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.clock import ClockFile
from tests.end_to_end.command import TIMEOUT, Command, Said
from tests.end_to_end.small_world import SmallWorld
from tests.real import git_http
from tests.real.flux.process import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    with SmallWorld(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """A world that its tests only look at; it has no state branch."""
    with SmallWorld(tmp_path_factory.mktemp("untouched")) as world:
        yield world


def message(said: Said) -> str:
    """The one line that was said, apart from the audit."""
    lines = [line for line in said.err.splitlines() if not line.startswith('{"audit"')]
    assert len(lines) == 1, said
    assert lines[0].startswith("fairlead: ")
    return lines[0].removeprefix("fairlead: ")


# --- 0 and 1 --------------------------------------------------------------------------------------


def test_a_dry_run_says_by_its_exit_whether_something_would_be_written(world: SmallWorld) -> None:
    world.fairlead("state", "init", "--dry-run", code=1)
    assert "refs/heads/fairlead/state" not in refs(world)
    world.fairlead("state", "init")
    before = refs(world)
    would = world.fairlead("run", "--once", "--dry-run", code=1)
    assert "would commit payments main-" in would.out
    assert (would.audit, refs(world)) == ([], before)

    done = world.fairlead("run", "--once")
    assert [(line["event"], line["app"]) for line in done.audit] == [
        ("commit", "payments"),
        ("commit", "store"),
    ]
    assert world.fairlead("run", "--once", "--dry-run").out.endswith("nothing to do now\n")


def test_promotions_that_wait_are_no_failure(world: SmallWorld) -> None:
    world.fairlead("plan")
    world.fairlead("state", "init")
    assert "healthy: waits: dev-1: it says nothing" in world.fairlead("run", "--once").out
    assert message(world.fairlead("state", "init", code=2)).startswith("there is a state branch")


# --- 2: a person must change something ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--fleet", "no-such-directory"), "neither a URL nor a directory; give https://HOST/"),
        (("--fleet", "ftp://example.com/fleet"), "ftp"),
        (("--branch", "mian"), "has no branch mian; push the fleet there, or say --branch"),
        (("--settings", "absent.toml"), "absent.toml: cannot be read"),
    ],
)
def test_a_wrong_flag(untouched: SmallWorld, arguments: tuple[str, ...], says: str) -> None:
    assert says in message(untouched.fairlead("plan", *arguments, code=2))


def test_no_fleet_at_all(untouched: SmallWorld) -> None:
    said = untouched.fairlead("plan", code=2, FAIRLEAD_SETTINGS="")
    assert message(said) == (
        "which fleet?; say --fleet URL, set FAIRLEAD_FLEET, or write `fleet` in the settings"
    )


def test_a_misspelt_setting_names_the_known_ones(world: SmallWorld) -> None:
    world.configure('intervall = "60s"')
    told = message(world.fairlead("plan", code=2))
    assert told.startswith(f"{world.settings}: the settings have no `intervall`; known are ")


@pytest.mark.parametrize("key", ["", "short"])
def test_no_key_for_the_state_branch(untouched: SmallWorld, key: str) -> None:
    said = untouched.fairlead("state", "init", code=2, FAIRLEAD_STATE_KEY=key)
    assert re.search(r"FAIRLEAD_STATE_KEY .*openssl rand -hex 32", message(said))


def test_a_fleet_that_runs_for_the_first_time_names_the_next_command(untouched: SmallWorld) -> None:
    assert "run `fairlead state init` once" in message(untouched.fairlead("run", "--once", code=2))


@pytest.mark.parametrize(
    ("app", "environment", "hint"),
    [
        ("paymets", "dev", "no app 'paymets' in this fleet; did you mean payments?"),
        ("payments", "stag", "no environment 'stag'; did you mean stage?"),
        ("zzz", "dev", "no app 'zzz' in this fleet; known are payments, store"),
    ],
)
def test_a_misspelt_name(untouched: SmallWorld, app: str, environment: str, hint: str) -> None:
    assert hint in message(untouched.fairlead("why", app, environment, code=2))


def test_a_fault_in_fleet_yaml_has_its_place_and_its_cure(world: SmallWorld) -> None:
    text = world.file("fleet.yaml").replace("approvals: {required: 1", "aprovals: {required: 1", 1)
    world.edit({"fleet.yaml": text})
    told = message(world.fairlead("plan", code=2))
    assert re.match(r"fleet\.yaml:\d+:\d+: ", told)
    assert "approvals" in told


def test_a_broken_app_leaves_the_others_alone(world: SmallWorld) -> None:
    world.fairlead("state", "init")
    path = "apps/payments/app.yaml"
    world.edit({path: world.file(path).replace("team: shop", "taem: shop")})
    done = world.fairlead("run", "--once")
    assert re.search(rf"app payments is left out: {path}:\d+:\d+: ", done.out)
    assert "commit store main-" in done.out
    assert f"{path}:" in message(world.fairlead("why", "payments", "dev", code=2))


def test_a_merge_request_that_is_not_there(untouched: SmallWorld) -> None:
    told = untouched.fairlead("forge", "approve", "7", "--head", "0" * 40, "--as", "ana", code=2)
    assert "7" in message(told)


# --- 4 and 5: services ----------------------------------------------------------------------------


def test_a_git_server_that_does_not_answer(world: SmallWorld) -> None:
    world.git.status = 503
    assert world.git.origin in message(world.fairlead("plan", code=4))


def test_a_git_server_that_is_gone(untouched: SmallWorld) -> None:
    gone = "http://127.0.0.1:9"  # discard: nothing listens there
    settings = untouched.directory / "gone.toml"
    settings.write_text(f'[[origins]]\nurl = "{gone}"\nprivate = true\n')
    health = ("--status-file", str(untouched.status_file))
    flags = ("--settings", str(settings), "--fleet", f"{gone}/fleet.git", *health)
    assert gone in message(untouched.fairlead("plan", *flags, code=4))


def test_a_wrong_password(world: SmallWorld) -> None:
    world.password.write_text("not-" + git_http.PASSWORD)
    said = world.fairlead("plan", code=5)
    assert "check the credential for" in message(said)
    assert git_http.PASSWORD not in said.out + said.err


def test_what_a_start_or_a_dry_run_cannot_see_is_said(world: SmallWorld) -> None:
    world.apps_git.status = 503
    told = f"! source {world.apps_git.origin}"
    assert told in world.fairlead("state", "init").out
    blind = world.fairlead("run", "--once", "--dry-run", code=4)
    assert blind.out.endswith("nothing to do now\n")
    assert told in blind.out


def test_a_registry_that_is_down_and_the_app_of_another_one(world: SmallWorld) -> None:
    world.fairlead("state", "init")
    path = "apps/payments/app.yaml"
    moved = world.file(path).replace(world.registry.host, "127.0.0.1:9")
    overlays = {
        name: world.file(name).replace(world.registry.host, "127.0.0.1:9")
        for name in (f"apps/payments/envs/{e}/kustomization.yaml" for e in ("dev", "stage", "prod"))
    }
    base = "apps/payments/base/deployment.yaml"
    overlays[base] = world.file(base).replace(world.registry.host, "127.0.0.1:9")
    world.configure('[[origins]]\nurl = "http://127.0.0.1:9"\nprivate = true\n')
    world.edit({path: moved, **overlays})
    done = world.fairlead("run", "--once", code=4)
    assert "commit store main-" in done.out
    assert "could not be read" in done.out
    assert [line["app"] for line in done.audit if line["event"] == "commit"] == ["store"]


def test_sources_that_are_denied_leave_the_rest_alone(world: SmallWorld) -> None:
    world.fairlead("state", "init")
    world.apps_git.status = 403
    done = world.fairlead("run", "--once", code=5)
    assert done.audit == []
    assert "could not be read" in done.out


def test_a_cluster_that_cannot_be_asked_is_told_by_the_exit_code(world: SmallWorld) -> None:
    """What can be done is done; the same where somebody says that it is sick ends with 0."""
    token = world.directory / "token"
    entry = f'[[clusters]]\nname = "dev-1"\nserver = "https://127.0.0.1:{free_port()}"\n'
    world.fairlead("state", "init")
    world.configure(f'{entry}token_file = "{token}"')
    done = world.fairlead("run", "--once", code=5)
    assert {line["app"] for line in done.audit if line["event"] == "commit"} == {
        "payments",
        "store",
    }
    assert f"cluster dev-1 could not be read: no token can be read from {token}" in done.out
    token.write_text("a-token")
    for verb in (("plan",), ("status",), ("why", "store", "dev"), ("run", "--once")):
        assert "unreachable: " in world.fairlead(*verb, code=4).out
    world.configure()
    assert "healthy: waits: dev-1: it says nothing" in world.fairlead("why", "store", "dev").out


def test_a_cluster_that_cannot_be_asked_is_told_before_anything_is_released_there(
    world: SmallWorld,
) -> None:
    """Else who set it up learns of a slip when a release has been merged, and waits."""
    (world.directory / "token").write_text("a-token")
    server = f"https://127.0.0.1:{free_port()}"
    entry = f'[[clusters]]\nname = "stage-1"\nserver = "{server}"\n'
    told = f"cluster stage-1 could not be read: unreachable: Connection refused ({server})"
    assert told not in world.fairlead("plan").out
    world.configure(f'{entry}token_file = "{world.directory / "token"}"')
    for verb in ("plan", "status"):
        assert told in world.fairlead(verb, code=4).out
    world.configure()
    assert told not in world.fairlead("status").out


# --- 3: a bug -------------------------------------------------------------------------------------


def test_a_bug_shows_where_and_asks_to_be_reported(untouched: SmallWorld) -> None:
    clock = ClockFile(untouched.directory / "clock")
    clock.path.write_text("no time at all")
    fairlead = Command(untouched.directory, untouched.fairlead.variables, clock)
    said = fairlead("plan", code=3)
    assert said.err.startswith("Traceback")
    assert said.err.endswith("this is a bug; please report it with the lines above\n")


# --- signals, and two at once ---------------------------------------------------------------------


def started(process: "subprocess.Popen[str]") -> str:
    """What `run` says first: it is in its loop then."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_run_after_its_tick(world: SmallWorld, number: int, code: int) -> None:
    world.fairlead("state", "init")
    with world.fairlead.start("run") as process:
        assert "commit payments" in started(process)
        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == code
    assert "Traceback" not in err
    assert "nothing to do now" in out  # the rounds of this tick were finished
    world.fairlead("run", "--once", "--dry-run")


def test_an_error_that_lasts_is_said_and_the_loop_goes_on(world: SmallWorld) -> None:
    world.fairlead("state", "init")
    with world.fairlead.start("run", "--interval", "5s") as process:
        started(process)
        world.git.status = 503
        assert process.stderr is not None
        line = next(text for text in process.stderr if not text.startswith('{"audit"'))
        assert line.startswith("fairlead: ")
        assert world.git.origin in line
        world.git.status = None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0


def test_two_runs_on_one_work_directory(world: SmallWorld) -> None:
    world.fairlead("state", "init")
    with world.fairlead.start("run", "--once") as one, world.fairlead.start("run", "--once") as two:
        ends = [(*p.communicate(timeout=TIMEOUT), p.returncode) for p in (one, two)]
    assert [code for *_, code in ends] == [0, 0], ends
    history = world.fairlead("plan", "--json").json()
    assert history["actions"] == []
    log = ["log", "--format=%s", "main"]
    subjects = git(world, *log).splitlines()
    assert subjects == ["Promote 2 releases", "By hand"]


def refs(world: SmallWorld) -> str:
    return git(world, "for-each-ref")


def git(world: SmallWorld, *arguments: str) -> str:
    command = [git_http.GIT, f"--git-dir={world.git.directory}/fleet.git", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

"""The command among streams that are closed, full or left early, and when it is stopped."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = f"{sys.executable} -m bot.cli"
ROOT = Path(__file__).resolve().parents[2]
RELEASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: ghcr.io/shop/web:v1}]}}}
"""


def shell(line: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line, with our packages in reach."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "web.yaml").write_text(RELEASE)
    return tmp_path


@pytest.mark.parametrize("redirect", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_nobodys(web: Path, redirect: str) -> None:
    done = shell(f"{COMMAND} bump ghcr.io/shop/web v2 {redirect}", web)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ghcr.io/shop/web:v2" in (web / "web.yaml").read_text()


@pytest.mark.parametrize("verb", ["bump ghcr.io/shop/web v2", "sites", "sites --json", "--help"])
def test_a_full_stream_is_said_without_a_traceback(web: Path, verb: str) -> None:
    done = shell(f"{COMMAND} {verb} >/dev/full", web)
    assert done.returncode == 4
    last = done.stderr.splitlines()[-1]
    assert last == "fairlead: standard output cannot be written (No space left on device)"
    assert "Traceback" not in done.stderr


def test_a_terminated_verb_ends_as_an_interrupted_one() -> None:
    command = [sys.executable, "-m", "bot.cli", "tags", "--semver", "*"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"1.0.0\n")
        process.stdin.flush()
        while "re2" not in Path(f"/proc/{process.pid}/maps").read_text():
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=300)
    # CPython ends by SIGINT where the interrupt fell into an `exec`, as dataclasses are made by,
    # though it was handled. To a shell both are 130.
    assert process.returncode in {130, -signal.SIGINT}
    assert b"Traceback" not in said
    assert out == b""

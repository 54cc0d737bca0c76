"""No program that a test starts, and none that Fairlead starts then, shows a credential."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.canaries import ShowedASecret, planted

CANARY = "canary-0123456789"
QUIET = [sys.executable, "-c", "pass"]


def test_a_credential_on_a_command_line_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_FORGE_TOKEN", CANARY)
    with pytest.raises(ShowedASecret, match="FAIRLEAD_FORGE_TOKEN"):
        subprocess.run([*QUIET, f"https://x:{CANARY}@example.com"], check=True)
    subprocess.run([*QUIET, "https://example.com"], check=True)


def test_one_that_a_file_gives_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{CANARY}\n")
    monkeypatch.setenv("FAIRLEAD_STATE_KEY_FILE", str(file))
    with pytest.raises(ShowedASecret, match="FAIRLEAD_STATE_KEY_FILE"):
        subprocess.run([*QUIET, CANARY], check=True)
    subprocess.run([*QUIET, str(file)], check=True)


def test_what_is_no_credential_is_not_looked_for() -> None:
    environment = {"FAIRLEAD_FLEET": CANARY, "HOME": CANARY, "FAIRLEAD_FORGE_TOKEN": "short"}
    assert dict(planted(environment)) == {}
    assert dict(planted({"FAIRLEAD_STATE_KEY": CANARY})) == {"FAIRLEAD_STATE_KEY": CANARY}

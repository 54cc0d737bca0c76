"""`[[clusters]]`: one way for each cluster, and one clear refusal for each wrong entry."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.cluster_settings import ClusterEntry
from bot.settings import read_file
from gitops.errors import InvalidInput

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def read(tmp_path: Path, text: str) -> tuple[ClusterEntry, ...]:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return read_file({}, file).clusters


def test_every_way_of_asking_a_cluster(tmp_path: Path) -> None:
    text = """\
[[clusters]]
name = "a"
kubeconfig = "/etc/fairlead/a.yaml"
context = "bot"
timeout = "2m"

[[clusters]]
name = "b"
server = "https://b.example.com:6443"
token_file = "/run/b/token"
ca_file = "/run/b/ca.crt"

[[clusters]]
name = "c"
in_cluster = true
pods = true

[[clusters]]
name = "d"
statuses = true
posted_by = "flux"
"""
    assert read(tmp_path, text) == (
        ClusterEntry("a", Path("/etc/fairlead/a.yaml"), "bot", timeout=timedelta(minutes=2)),
        ClusterEntry(
            "b",
            server="https://b.example.com:6443",
            token_file=Path("/run/b/token"),
            ca_file=Path("/run/b/ca.crt"),
        ),
        ClusterEntry(
            "c",
            server="https://kubernetes.default.svc",
            token_file=ACCOUNT / "token",
            ca_file=ACCOUNT / "ca.crt",
            pods=True,
        ),
        ClusterEntry("d", statuses=True, posted_by="flux"),
    )


def test_without_entries_there_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ()


WAYS = "give exactly one of kubeconfig, server, in_cluster, statuses"
WRONG = {
    'clusters = "a"': "`clusters` must be a list of tables ([[clusters]])",
    "clusters = [1]": "an entry of `clusters` must be a table",
    "[[clusters]]\nin_cluster = true": (
        "a cluster needs a `name`; call it as fleet.yaml does: name = ..."
    ),
    "[[clusters]]\nname = 1\nin_cluster = true": (
        "a cluster needs a `name`; call it as fleet.yaml does: name = ..."
    ),
    '[[clusters]]\nname = "a"': f"the cluster a says no way to ask it; {WAYS}",
    '[[clusters]]\nname = "a"\nin_cluster = true\nkubeconfig = "x"': (
        f"the cluster a has `kubeconfig` and `in_cluster`; {WAYS}"
    ),
    '[[clusters]]\nname = "a"\nin_cluster = false\nkubeconfig = "x"': (
        "`in_cluster` of the cluster a must be true; or leave it away"
    ),
    '[[clusters]]\nname = "a"\nstatuses = "yes"': (
        "`statuses` of the cluster a must be true; or leave it away"
    ),
    '[[clusters]]\nname = "a"\nstatuses = true': (
        "the cluster a has `statuses` and nobody who posts them; "
        "give `posted_by`, the login that Flux's token is of"
    ),
    '[[clusters]]\nname = "a"\nin_cluster = true\nposted_by = "flux"': (
        "`posted_by` of the cluster a goes with `statuses`, not with `in_cluster`; leave it away"
    ),
    '[[clusters]]\nname = "a"\nserver = "https://x"': (
        "the cluster a has a `server` and no token; "
        "give `token_file`, a file that holds nothing else"
    ),
    '[[clusters]]\nname = "a"\nkubeconfig = "x"\ntoken_file = "y"': (
        "`token_file` of the cluster a goes with `server`, not with `kubeconfig`; leave it away"
    ),
    '[[clusters]]\nname = "a"\nserver = "https://x"\ntoken_file = "y"\ncontext = "z"': (
        "`context` of the cluster a goes with `kubeconfig`, not with `server`; leave it away"
    ),
    '[[clusters]]\nname = "a"\nkubeconfig = 1': "`kubeconfig` of the cluster a must be a text",
    '[[clusters]]\nname = "a"\nkubeconfig = ""': "`kubeconfig` of the cluster a must be a text",
    '[[clusters]]\nname = "a"\nkubeconfig = "x"\ntimeout = "0s"': (
        "`timeout` of the cluster a is '0s'; write 10s, or from 1s up to 5m"
    ),
    '[[clusters]]\nname = "a"\nkubeconfig = "x"\ntimeout = 10': (
        "`timeout` of the cluster a is 10; write 10s, or from 1s up to 5m"
    ),
    '[[clusters]]\nname = "a"\nkubeconfig = "x"\ntimeout = "6m"': (
        "`timeout` of the cluster a is '6m'; write 10s, or from 1s up to 5m"
    ),
    '[[clusters]]\nname = "a"\nin_cluster = true\n'
    '[[clusters]]\nname = "a"\nstatuses = true\nposted_by = "flux"': (
        "the cluster a stands twice; keep one of the two entries"
    ),
    '[[clusters]]\nname = "a"\nstatuses = true\nposted_by = "x"\npods = true': (
        "`pods` of the cluster a must be true or false, and goes with a way to ask it; "
        "leave it away"
    ),
    '[[clusters]]\nname = "a"\nin_cluster = true\npods = 1': (
        "`pods` of the cluster a must be true or false, and goes with a way to ask it; "
        "leave it away"
    ),
    '[[clusters]]\nname = "a"\nin_cluster = true\ntoken = "secret"': (
        "a cluster has no `token`; known are ca_file, context, in_cluster, kubeconfig, name, pods, "
        "posted_by, server, statuses, timeout, token_file"
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_entry_is_refused_with_place_and_cure(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(tmp_path, text)
    assert str(refused.value) == f"{tmp_path / 'settings.toml'}: {WRONG[text]}"

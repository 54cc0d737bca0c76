"""The kustomize adapter: what it sees, what it is refused, and how its errors are told."""

from pathlib import Path

import pytest

from bot.adapters.kustomize import Kustomize, found
from gitops.errors import InvalidInput, Unavailable
from gitops.tree import File, Mode, Tree

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: b\n"
HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
GOOD = {
    "base/kustomization.yaml": f"{HEAD}resources: [one.yaml]\n",
    "base/one.yaml": CONFIG_MAP,
    "over/kustomization.yaml": f"{HEAD}resources: [../base]\nnamePrefix: the-\n",
}


@pytest.fixture
def real(kustomize: str) -> Kustomize:
    return Kustomize(kustomize)


def program(path: Path, body: str) -> str:
    """A stand-in for kustomize that a test writes."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_directory_is_built(real: Kustomize) -> None:
    assert (
        real.build(Tree.of(GOOD), "base")
        == CONFIG_MAP.replace(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: b\n",
            "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: one\n",
        ).encode()
    )
    assert b"name: the-one" in real.build(Tree.of(GOOD), "over")


def test_a_file_beside_the_directory_is_read_as_flux_reads_it(real: Kustomize) -> None:
    files = {
        **GOOD,
        "over/kustomization.yaml": (
            f"{HEAD}configMapGenerator:\n- {{name: c, files: [../base/one.yaml]}}\n"
        ),
    }
    assert b"one.yaml: |" in real.build(Tree.of(files), "over")


def test_what_cannot_be_built_is_told_with_its_file(real: Kustomize) -> None:
    files = {**GOOD, "base/kustomization.yaml": f"{HEAD}resources: [other.yaml]\n"}
    with pytest.raises(InvalidInput, match=r"kustomize: .*no such file") as told:
        real.build(Tree.of(files), "over")
    assert told.value.place is not None
    assert told.value.place.path == "base/other.yaml"
    assert "/tmp" not in told.value.message


def test_many_builds_keep_their_order_and_one_that_fails_stops_no_other(real: Kustomize) -> None:
    seen: list[None] = []
    paths = ["base", "absent", "over", "base"]
    answers = list(real.builds(Tree.of(GOOD), paths, lambda: seen.append(None)))
    assert [isinstance(each, bytes) for each in answers] == [True, False, True, True]
    assert answers[0] == answers[3] != answers[2]
    assert len(seen) == len(paths)


def test_a_symlink_is_there_only_where_it_stays_inside(real: Kustomize, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(CONFIG_MAP)
    linked = {path: File(text.encode()) for path, text in GOOD.items()}

    def built(target: str) -> bytes:
        link = File(target.encode(), Mode.SYMLINK)
        return real.build(Tree({**linked, "base/one.yaml": link, "kept.yaml": KEPT}), "base")

    assert b"name: one" in built("../kept.yaml")
    for target in (f"{tmp_path}/secret.yaml", "../" * 40 + f"{tmp_path}/secret.yaml"[1:]):
        with pytest.raises(InvalidInput):
            built(target)


KEPT = File(CONFIG_MAP.encode())


def test_a_remote_base_is_not_fetched(real: Kustomize) -> None:
    for remote in ("https://127.0.0.1:1/org/repo//base?ref=main", "https://example.invalid/x.yaml"):
        files = {**GOOD, "over/kustomization.yaml": f"{HEAD}resources: ['{remote}']\n"}
        with pytest.raises(InvalidInput):
            real.build(Tree.of(files), "over")


def test_it_inherits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "shown")
    shown = Kustomize(program(tmp_path / "k", '/usr/bin/env; echo "$@"')).build(
        Tree.of(GOOD), "base"
    )
    assert b"SECRET" not in shown
    assert b"HOME=/nonexistent" in shown
    assert b"build --load-restrictor=LoadRestrictionsNone /" in shown


def test_one_that_does_not_end_or_says_too_much_is_stopped(tmp_path: Path) -> None:
    sleeping = program(tmp_path / "sleeping", "exec /bin/sleep 600")
    with pytest.raises(Unavailable, match=r"was stopped: no end after 0\.2 s"):
        Kustomize(sleeping, timeout=0.2).build(Tree.of(GOOD), "base")
    with pytest.raises(Unavailable, match="more than 100 bytes"):
        Kustomize(program(tmp_path / "loud", "/usr/bin/yes"), limit=100).build(
            Tree.of(GOOD), "base"
        )
    with pytest.raises(Unavailable, match="cannot be started"):
        Kustomize(str(tmp_path / "absent")).build(Tree.of(GOOD), "base")


def test_it_is_found_on_a_path_or_not_at_all(tmp_path: Path) -> None:
    assert found(str(tmp_path)) is None
    program(tmp_path / "kustomize", "exit 0")
    assert found(str(tmp_path)) == str(tmp_path / "kustomize")

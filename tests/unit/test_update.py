"""`update`: what newer templates changed comes, what people did stays, and nothing else moves."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
import typer
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gitops.cli.updating import finish, lines
from gitops.directory import read_directory, write_directory
from gitops.fleet import Fleet
from gitops.scaffold.record import Record, Unit, records
from gitops.scaffold.template import TEMPLATE, Templates, template
from gitops.scaffold.update import Updated, update
from gitops.tree import File, Mode, Tree, changes
from tests.unit.generated_fleets import NEW, UNITS, fleet

DEPLOYMENT = "apps/payments/base/deployment.yaml"
SERVICE = "apps/payments/base/service.yaml"
RECORD = ".fairlead/scaffold/app/payments.yaml"


def newer(changed: Mapping[str, tuple[str, str]]) -> Templates:
    """The next version of the templates: in each of these one text stands for another."""
    found = {}
    for name, (old, new) in changed.items():
        text = template(name).decode()
        assert old in text
        found[name] = text.replace(old, new).encode()
    return Templates(TEMPLATE + 1, found)


HISTORY = newer({"app/deployment.yaml": ("revisionHistoryLimit: 5", "revisionHistoryLimit: 3")})


def edited(tree: Tree, path: str, old: str, new: str) -> Tree:
    text = tree[path].data.decode()
    assert old in text
    return tree.replace({path: text.replace(old, new).encode()})


def without(tree: Tree, *paths: str) -> Tree:
    return Tree({path: file for path, file in tree.items() if path not in paths})


def text(updated: Updated, path: str) -> str:
    return updated.tree[path].data.decode()


def record(tree: Tree, unit: Unit) -> Record:
    found = {each.unit: each for each in records(tree) if isinstance(each, Record)}
    return found[unit]


# --- records --------------------------------------------------------------------------------------


def test_each_unit_has_a_record_and_its_files_are_in_no_other() -> None:
    found = [each for each in records(fleet()) if isinstance(each, Record)]
    assert [str(each.unit) for each in found] == [
        "fleet",
        *("app payments", "app podinfo", "app web"),
        *("component flagger", "component metrics-server"),
        *("tenant shop", "environment qa"),
    ]
    paths = [path for each in found for path in each.files]
    assert len(paths) == len(set(paths))
    kept = {path for path in fleet() if path.startswith(".fairlead/")}
    assert set(paths) == fleet().keys() - kept


def test_a_record_reads_as_it_was_written() -> None:
    for each in records(fleet()):
        assert isinstance(each, Record)
        assert each.data() == fleet()[each.unit.path].data


def test_two_people_who_add_two_apps_change_no_record_together() -> None:
    one, other = (changes(fleet(NEW[:1]), fleet((NEW[0], each))) for each in UNITS[:2])
    both = {path for path in one.keys() & other.keys() if path.startswith(".fairlead/")}
    assert both == set()


@pytest.mark.parametrize(
    "damage",
    [
        ("kind: Scaffold", "kind: Deployment"),
        ("template: 1", "template: none"),
        ("template: 1", "template: 0"),
        ("answers:", "answers: none\nothers:"),
        ("files:", "owned: [1]\nfiles:"),
        ("  apps/payments/app.yaml: ", "  apps/payments/app.yaml: no"),
        ("kind: Scaffold", "kind: [Scaffold"),
    ],
)
def test_a_damaged_record_is_told_and_stops_no_other(damage: tuple[str, str]) -> None:
    done = update(edited(fleet(), RECORD, *damage), HISTORY)
    assert [str(each.unit) for each in done.failed] == ["app payments"]
    assert done.failed[0].refused is not None
    assert done.failed[0].refused.place is not None
    assert done.failed[0].refused.place.path == RECORD
    assert "revisionHistoryLimit: 5" in text(done, DEPLOYMENT)
    assert "revisionHistoryLimit: 3" in text(done, "apps/web/base/deployment.yaml")


# --- nothing to do --------------------------------------------------------------------------------


@pytest.mark.parametrize("new", NEW)
def test_without_newer_templates_nothing_changes(new: str) -> None:
    tree = fleet((new, *UNITS))
    done = update(tree)
    assert done.tree == tree
    assert (done.conflicts, done.failed) == ((), ())


@pytest.mark.parametrize("new", NEW)
def test_of_newer_templates_that_say_the_same_only_the_records_learn(new: str) -> None:
    """So each unit can be made anew, and comes out alike both times."""
    tree = fleet((new, *UNITS))
    done = update(tree, Templates(TEMPLATE + 1))
    assert done.failed == ()
    assert set(changes(tree, done.tree)) == {each.path for each in _units(tree)}


def _units(tree: Tree) -> list[Unit]:
    return [each.unit for each in records(tree) if isinstance(each, Record)]


def test_a_fleet_without_records_stays_and_every_unit_says_why() -> None:
    tree = Tree({p: f for p, f in fleet().items() if not p.startswith(".fairlead/scaffold/")})
    done = update(tree, HISTORY)
    assert done.tree == tree
    assert {str(each.unit) for each in done.outcomes} == {
        *("fleet", "app payments", "app podinfo", "app web"),
        *("component flagger", "component metrics-server", "tenant shop"),
    }
    assert all("nothing records" in str(each.refused) for each in done.outcomes)
    assert done.failed == ()


def test_older_templates_than_the_record_s_refuse_it() -> None:
    tree = edited(fleet(), RECORD, "template: 1", "template: 7")
    [failed] = update(tree).failed
    assert str(failed.unit) == "app payments"
    assert "install a newer Fairlead" in str(failed.refused)


def test_an_answer_that_is_refused_today_stops_that_unit_alone() -> None:
    tree = edited(fleet(), RECORD, "preset: python-wsgi", "preset: python")
    done = update(tree, HISTORY)
    assert [str(each.unit) for each in done.failed] == ["app payments"]
    assert str(done.failed[0].refused).startswith(f"{RECORD}: ")
    assert "revisionHistoryLimit: 3" in text(done, "apps/web/base/deployment.yaml")


# --- what changes ---------------------------------------------------------------------------------


def test_what_a_template_changed_comes_into_every_file_that_is_made_of_it() -> None:
    done = update(fleet(), HISTORY)
    changed = {path for path in changes(fleet(), done.tree) if not path.startswith(".fairlead/")}
    assert changed == {DEPLOYMENT, "apps/web/base/deployment.yaml"}
    assert text(done, DEPLOYMENT) == fleet()[DEPLOYMENT].data.decode().replace("it: 5", "it: 3")
    assert record(done.tree, Unit("app", "payments")).template == TEMPLATE + 1


@pytest.mark.parametrize("new", NEW)
def test_every_template_may_change_at_once(new: str) -> None:
    tree = fleet((new, *UNITS))
    done = update(tree, _all_changed())
    assert (done.conflicts, done.failed) == ((), ())
    rooms = ("apps", "clusters", "components", "infrastructure", "tenants")
    filled = [
        path
        for path in tree.keys() - {"apps/podinfo/base/values.yaml"}
        if path.split("/")[0] in rooms and {"envs", "qa", "qa-1"}.isdisjoint(path.split("/"))
    ]
    assert [path for path in filled if done.tree[path] == tree[path]] == []
    assert Fleet.read(done.tree).apps == Fleet.read(tree).apps
    assert update(done.tree, _all_changed()).tree == done.tree


def _all_changed() -> Templates:
    found = {}
    root = files("gitops.scaffold").joinpath("templates")
    for room in ("app", "cluster", "tenant", "component", "components"):
        for each in root.joinpath(room).iterdir():
            if each.name.endswith(".yaml"):
                found[f"{room}/{each.name}"] = b"# Newer.\n" + each.read_bytes()
        for below in (e for e in root.joinpath(room).iterdir() if e.is_dir()):
            for each in (e for e in below.iterdir() if e.is_file() and room == "components"):
                found[f"{room}/{below.name}/{each.name}"] = b"# Newer.\n" + each.read_bytes()
    return Templates(TEMPLATE + 1, found)


def test_an_edit_elsewhere_in_the_file_stays() -> None:
    tree = edited(fleet(), DEPLOYMENT, "maxSurge: 1", "maxSurge: 2 # faster")
    done = update(tree, HISTORY)
    assert done.conflicts == ()
    assert "maxSurge: 2 # faster" in text(done, DEPLOYMENT)
    assert "revisionHistoryLimit: 3" in text(done, DEPLOYMENT)


def test_both_changed_one_line_and_a_person_has_to_choose() -> None:
    tree = edited(fleet(), DEPLOYMENT, "revisionHistoryLimit: 5", "revisionHistoryLimit: 9")
    done = update(tree, HISTORY)
    lines = text(done, DEPLOYMENT).splitlines()
    [place] = done.conflicts
    assert (place.path, lines[(place.line or 0) - 1]) == (DEPLOYMENT, "<<<<<<< yours")
    start = (place.line or 0) - 1
    assert lines[start : start + 7] == [
        "<<<<<<< yours",
        "  revisionHistoryLimit: 9",
        "||||||| template 1",
        "  revisionHistoryLimit: 5",
        "=======",
        "  revisionHistoryLimit: 3",
        ">>>>>>> template 2",
    ]
    assert b"<<<<<<<" not in done.tree["apps/web/base/deployment.yaml"].data
    assert update(done.tree, HISTORY).tree == done.tree


def test_the_same_change_made_by_hand_before_is_no_conflict() -> None:
    tree = edited(fleet(), DEPLOYMENT, "revisionHistoryLimit: 5", "revisionHistoryLimit: 3")
    done = update(tree, HISTORY)
    assert done.conflicts == ()
    assert done.tree[DEPLOYMENT] == tree[DEPLOYMENT]


def test_a_second_update_changes_nothing() -> None:
    once = update(fleet(), HISTORY).tree
    again = update(once, HISTORY)
    assert again.tree == once != fleet()
    assert (again.conflicts, again.failed) == ((), ())


def test_what_grew_since_is_no_change_of_a_template() -> None:
    """`web` runs in prod, and fleet.yaml and the overlays know qa."""
    done = update(fleet(), newer({"fleet/tail.yaml": ("\n", "\n\n"), **_overlay()}))
    assert done.conflicts == ()
    assert Fleet.read(done.tree).environments == Fleet.read(fleet()).environments
    overlays = {f"apps/{app}/envs/{e}" for app in ("web",) for e in ("dev", "qa", "prod")}
    for each in overlays:
        assert "Newer words" in text(done, f"{each}/kustomization.yaml")
    pin = Fleet.read(done.tree).pin("prod", "web")
    assert pin is not None
    assert not pin.unreleased


def _overlay() -> dict[str, tuple[str, str]]:
    kind = "kind: Kustomization\n"
    return {"app/environment.yaml": (kind, f"{kind}# Newer words.\n")}


# --- what is left alone ---------------------------------------------------------------------------


def test_what_somebody_removed_stays_away() -> None:
    tree = without(fleet(), SERVICE)
    done = update(tree, newer({"app/service.yaml": ("kind: Service", "# Newer.\nkind: Service")}))
    assert SERVICE not in done.tree
    assert "# Newer." in text(done, "apps/web/base/service.yaml")
    later = Templates(TEMPLATE + 2, {"app/service.yaml": template("app/service.yaml") + b"# 3\n"})
    assert SERVICE not in update(done.tree, later).tree


def test_an_owned_file_and_an_owned_directory_stay_as_they_are() -> None:
    owned = f"owned:\n- {DEPLOYMENT}\n- apps/payments/envs/\nfiles:"
    tree = edited(fleet(), RECORD, "files:", owned)
    done = update(tree, Templates(TEMPLATE + 1, {**HISTORY.changed, **newer(_overlay()).changed}))
    assert done.tree[DEPLOYMENT] == tree[DEPLOYMENT]
    for environment in ("dev", "qa", "prod"):
        path = f"apps/payments/envs/{environment}/kustomization.yaml"
        assert done.tree[path] == tree[path]
        assert "Newer words" in text(done, f"apps/web/envs/{environment}/kustomization.yaml")
    kept = record(done.tree, Unit("app", "payments")).owned
    assert tuple(kept) == (DEPLOYMENT, "apps/payments/envs/")


def test_versions_are_the_bot_s() -> None:
    path = "apps/web/envs/prod/version/kustomization.yaml"
    kind = "kind: Component\n"
    done = update(fleet(), newer({"app/version.yaml": (kind, f"{kind}# Newer.\n")}))
    assert done.tree[path] == fleet()[path]
    assert done.failed == ()


def test_a_symlink_in_the_place_of_a_file_stays() -> None:
    tree = Tree({**fleet(), DEPLOYMENT: File(b"../other.yaml", Mode.SYMLINK)})
    assert update(tree, HISTORY).tree[DEPLOYMENT] == tree[DEPLOYMENT]


def test_a_mode_that_somebody_set_stays() -> None:
    data = fleet()[DEPLOYMENT].data
    tree = Tree({**fleet(), DEPLOYMENT: File(data, Mode.EXECUTABLE)})
    done = update(tree, HISTORY).tree[DEPLOYMENT]
    assert (done.mode, done.data == data) == (Mode.EXECUTABLE, False)


# --- files that come and go -----------------------------------------------------------------------


def test_a_file_that_a_newer_version_writes_besides_is_added() -> None:
    """As if the templates that made the record had no Service yet."""
    written = record(fleet(), Unit("app", "payments"))
    files = {path: each for path, each in written.files.items() if path != SERVICE}
    older = Record(written.unit, 1, written.answers, files)
    tree = without(fleet(), SERVICE).replace({RECORD: older.data()})
    done = update(tree, HISTORY)
    assert done.tree[SERVICE] == fleet()[SERVICE]
    assert SERVICE in record(done.tree, written.unit).files


def test_an_app_does_not_come_to_an_environment_that_it_was_taken_from() -> None:
    gone = [
        p for p in fleet() if p.startswith("apps/web/envs/qa/") or p.endswith("qa-1/apps/web.yaml")
    ]
    assert len(gone) > 2
    tree = without(fleet(), *gone, ".fairlead/scaffold/environment/qa.yaml")
    done = update(tree, HISTORY)
    assert done.failed == ()
    assert [path for path in gone if path in done.tree] == []


# --- whatever people do ---------------------------------------------------------------------------


SMALL = (NEW[2], UNITS[1], UNITS[3])


@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_edits_stay_whatever_they_are(data: st.DataObject) -> None:
    """Lines put in anywhere are all there after an update, in their order."""
    tree = fleet(SMALL)
    paths = [p for p in tree if p.startswith(("apps/", "clusters/", "infrastructure/"))]
    picked = data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=4, unique=True))
    free = [p for p in paths if p not in picked and not p.startswith("clusters/")]
    gone = data.draw(st.sampled_from([None, *free]))
    noted: dict[str, bytes] = {}
    for index, path in enumerate(picked):
        lines = tree[path].data.decode().splitlines()
        at = data.draw(st.integers(0, len(lines) - 1))
        note = lines[at][: len(lines[at]) - len(lines[at].lstrip())] + f"# note {index}"
        noted[path] = "\n".join([*lines[:at], note, *lines[at:], ""]).encode()
    theirs = Tree({p: f for p, f in tree.replace(noted).items() if p != gone or "app.yaml" in p})
    assert update(theirs).tree == theirs
    done = update(theirs, HISTORY)
    assert done.failed == ()
    assert set(done.tree) == set(theirs)
    plain = update(tree, HISTORY).tree
    for index, path in enumerate(picked):
        noted_lines = text(done, path).splitlines()
        [line] = [each for each in noted_lines if f"# note {index}" in each]
        if path not in {place.path for place in done.conflicts}:
            noted_lines.remove(line)
            assert noted_lines == plain[path].data.decode().splitlines()
    assert update(done.tree, HISTORY).tree == done.tree


_SCALAR = re.compile(r"(\s*(?:- )?(?!kind|apiVersion|image|name)[\w.-]+:) ([\w./-]+)")


def _editable(tree: Tree) -> dict[str, list[int]]:
    """Lines of manifests whose value can be any, by the path of what a template writes."""
    plain = update(tree, _all_changed()).tree
    found = {}
    for path, file in tree.items():
        if path.startswith("apps/") and "/base/" in path and plain[path] != file:
            lines = file.data.decode().splitlines()
            found[path] = [n for n, line in enumerate(lines) if _SCALAR.fullmatch(line)]
    return {path: numbers for path, numbers in found.items() if numbers and "kustom" not in path}


@settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_values_that_people_set_and_lines_that_they_took_out_stay(data: st.DataObject) -> None:
    """Also in files in which the templates change a line, be it the very same one."""
    tree = fleet(SMALL)
    editable = _editable(tree)
    path = data.draw(st.sampled_from(sorted(editable)))
    lines: list[str | None] = [*tree[path].data.decode().splitlines()]
    picked = data.draw(st.lists(st.sampled_from(editable[path]), min_size=1, unique=True))
    removed: set[str] = set()
    for number in picked:
        old = str(lines[number])
        if data.draw(st.booleans()):
            lines[number] = _SCALAR.sub(rf"\1 mine{number}", old)
        else:
            lines[number] = None
            removed.add(old)
    removed -= {line for line in lines if line is not None}
    theirs = tree.replace({path: "".join(f"{x}\n" for x in lines if x is not None).encode()})
    both = Templates(TEMPLATE + 1, {**_all_changed().changed, **_same_line()})
    assert update(theirs).tree == theirs
    done = update(theirs, both)
    assert done.failed == ()
    merged = text(done, path).splitlines()
    assert [line for line in merged if "mine" in line] == [x for x in lines if x and "mine" in x]
    assert "# Newer." in merged
    conflicts = {place.path for place in done.conflicts}
    assert conflicts <= {path}
    assert conflicts or not removed & set(merged)
    assert update(done.tree, both).tree == done.tree


def _same_line() -> dict[str, bytes]:
    """A newer template of which more than the head is another."""
    path = "app/deployment.yaml"
    return {path: _all_changed().changed[path].replace(b"HistoryLimit: 5", b"HistoryLimit: 3")}


def test_a_value_that_both_set_is_there_twice() -> None:
    """So the property above meets conflicts too."""
    tree = edited(fleet(SMALL), WEB, "revisionHistoryLimit: 5", "revisionHistoryLimit: mine7")
    done = update(tree, Templates(TEMPLATE + 1, _same_line()))
    assert [place.path for place in done.conflicts] == [WEB]
    assert "mine7" in text(done, WEB)
    assert any(
        tree[WEB].data.decode().splitlines()[n].endswith("mine7") for n in _editable(tree)[WEB]
    )


# --- as it is told --------------------------------------------------------------------------------


def _clash() -> tuple[Tree, Updated]:
    tree = edited(fleet(SMALL), WEB, "revisionHistoryLimit: 5", "revisionHistoryLimit: 9")
    return tree, update(tree, HISTORY)


WEB = "apps/web/base/deployment.yaml"


@pytest.mark.parametrize("how", ["check", "dry_run", "write"])
def test_a_conflict_is_told_and_ends_with_1(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, done = _clash()
    write_directory(tmp_path, Tree({}), tree)
    with pytest.raises(typer.Exit) as end:
        finish(tmp_path, tree, done, check=how == "check", dry_run=how == "dry_run", json=False)
    said = capsys.readouterr()
    assert end.value.exit_code == 1
    assert f"fairlead: {WEB}:11:1: changed by you and by the templates; choose" in said.err
    shown = {
        "check": f"would change {WEB}\n",
        "dry_run": "+<<<<<<< yours",
        "write": f"changed {WEB}",
    }
    assert shown[how] in said.out
    assert (read_directory(tmp_path) == done.tree) == (how == "write")


def test_what_merges_ends_with_0_unless_it_was_only_to_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = fleet(SMALL)
    done = update(tree, HISTORY)
    write_directory(tmp_path, Tree({}), tree)
    with pytest.raises(typer.Exit) as end:
        finish(tmp_path, tree, done, check=True, dry_run=False, json=True)
    assert end.value.exit_code == 1
    assert WEB in json.loads(capsys.readouterr().out)["would_write"]
    finish(tmp_path, tree, done, check=False, dry_run=False, json=True)
    assert WEB in json.loads(capsys.readouterr().out)["written"]
    assert read_directory(tmp_path) == done.tree


def test_a_file_that_is_no_longer_written_stays_and_is_told_once() -> None:
    path = "apps/web/base/former.yaml"
    written = record(fleet(SMALL), Unit("app", "web"))
    files = {**written.files, path: "0" * 64}
    former = Record(written.unit, 1, written.answers, files)
    tree = fleet(SMALL).replace({path: b"kind: Former\n", written.unit.path: former.data()})
    done = update(tree, HISTORY)
    assert lines(done) == [f"{path} is no longer in the templates, and stays"]
    assert done.tree[path] == tree[path]
    again = update(done.tree, Templates(TEMPLATE + 2))
    assert (lines(again), path in again.tree) == ([], True)

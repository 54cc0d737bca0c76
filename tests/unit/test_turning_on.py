"""`update --health`: a fleet that was written without it gets what `new --health` writes."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gitops.check import Severity, findings
from gitops.directory import read_directory, write_directory
from gitops.errors import InvalidInput
from gitops.scaffold import AppAnswers, add_app
from gitops.scaffold.add_cluster import add_cluster
from gitops.scaffold.answers.fleet import Health
from gitops.scaffold.answers.given import Given, fleet_answers
from gitops.scaffold.environment import add_environment
from gitops.scaffold.environment_answers import ClusterAnswers, EnvironmentAnswers
from gitops.scaffold.new import new_fleet
from gitops.scaffold.record import Record, Unit, record_of, recorded
from gitops.scaffold.turning_on import turn_on
from gitops.tree import Tree
from tests.unit.test_gitops_cli import run

BOT = f"registry.example.com/fairlead@sha256:{'0' * 64}"
READER = "infrastructure/fairlead-reader"
BASE = f"{READER}/base/kustomization.yaml"
RECORD = Unit("fleet").path
GITLAB = {"forge": "gitlab"}
FLEETS = (
    GITLAB,
    {**GITLAB, "topology": "single"},
    {**GITLAB, "defaults": "inline", "secrets": "sops", "age-recipient": f"age1{'q' * 58}"},
    {**GITLAB, "alerts": "gitlab"},
    {**GITLAB, "alerts": "slack"},
)


def fleet(**answers: str) -> Tree:
    """What `fairlead new` writes, with its record."""
    told = {"name": "acme"} | {key.replace("_", "-"): text for key, text in answers.items()}
    given = {key: Given((text,)) for key, text in told.items()}
    said = {k: (v,) if k == "age-recipient" else v for k, v in told.items()}
    made = new_fleet(Tree({}), fleet_answers(given, "acme"))
    return recorded(Tree({}), made, Unit("fleet"), said)


def edited(tree: Tree, path: str, old: str, new: str) -> Tree:
    text = tree[path].data.decode()
    assert old in text
    return tree.replace({path: text.replace(old, new, 1).encode()})


def record(tree: Tree) -> Record:
    found = record_of(tree, Unit("fleet"))
    assert found is not None
    return found


@pytest.mark.parametrize("health", list(Health))
@pytest.mark.parametrize("answers", FLEETS, ids=lambda a: " ".join(a.values())[:40])
def test_it_is_the_fleet_that_new_would_have_written(
    answers: dict[str, str], health: Health
) -> None:
    done = turn_on(fleet(**answers), health)
    assert done.notes == ()
    assert done.tree == fleet(**answers, health=health.value)
    assert turn_on(done.tree, health).tree == done.tree
    worst = {each.severity for each in findings(done.tree)}
    assert Severity.ERROR not in worst


def test_pods_may_follow_upon_clusters_and_with_a_bot_on_a_cluster_too() -> None:
    some = turn_on(fleet(), Health.CLUSTERS).tree
    assert f"{READER}/base/rbac-pods.yaml" not in some
    assert turn_on(some, Health.PODS).tree == fleet(health="pods")
    bot = fleet(**{"bot-image": BOT})
    assert turn_on(bot, Health.PODS).tree == fleet(**{"bot-image": BOT}, health="pods")
    assert set(turn_on(bot, Health.CLUSTERS).tree) == set(bot)


def test_clusters_that_came_later_have_it_and_those_that_went_have_not() -> None:
    tree = add_environment(fleet(), EnvironmentAnswers("qa", "stage")).tree
    tree = add_cluster(tree, ClusterAnswers("prod-2", "prod")).tree
    went = Tree({p: f for p, f in tree.items() if not p.startswith("clusters/prod/prod-1/")})
    went = edited(went, "fleet.yaml", "      - prod-1\n", "")
    for before, there in ((tree, ("prod/prod-1",)), (went, ())):
        done = turn_on(before, Health.CLUSTERS).tree
        found = {p for p in done if p.endswith("infrastructure/fairlead-reader.yaml")}
        wanted = (*there, "dev/dev-1", "stage/stage-1", "qa/qa-1", "prod/prod-2")
        assert found == {f"clusters/{at}/infrastructure/fairlead-reader.yaml" for at in wanted}
        for path in found:
            own = yaml.safe_load(done[path].data)["spec"]["path"]
            assert f"{own[2:]}/kustomization.yaml" in done
        assert turn_on(done, Health.CLUSTERS).tree == done


def test_what_people_wrote_stays() -> None:
    mine = edited(fleet(), "README.md", "# acme\n", "# Ours\n")
    done = turn_on(mine, Health.CLUSTERS)
    assert done.notes == ()
    assert done.tree["README.md"].data.startswith(b"# Ours\n")
    assert b"fairlead-token" in done.tree["README.md"].data
    rewritten = fleet().replace({"README.md": b"Ask Ana.\n"})
    done = turn_on(rewritten, Health.CLUSTERS)
    assert done.tree["README.md"].data == b"Ask Ana.\n"
    assert done.notes == (
        "README.md is yours, and does not say it: compare it with that of a new fleet",
    )


def test_of_apps_that_are_there_it_is_told_that_flux_looks_at_them_rarely() -> None:
    image = "registry.example.com/shop/web"
    app = AppAnswers("web", "shop", (image,), range=">=1.0.0")
    there = add_app(fleet(**GITLAB, have="cni-netpol"), app)
    (note,) = turn_on(there, Health.STATUSES).notes
    assert "lower `interval`" in note
    assert turn_on(there, Health.CLUSTERS).notes == ()


NOT_NOW = {
    "no record": (
        Tree({p: f for p, f in fleet().items() if p != RECORD}),
        "nothing records how this fleet was made",
    ),
    "older templates": (
        fleet().replace({RECORD: replace(record(fleet()), template=7).data()}),
        "written with templates 7",
    ),
    "another way": (fleet(**GITLAB, health="statuses"), "by statuses already"),
    "more of it": (fleet(health="pods"), "by pods already"),
    "in the way": (
        fleet().replace({f"{READER}/base/rbac.yaml": b"kind: Role\n"}),
        "is there already and says something else",
    ),
    "a name that is taken": (
        fleet().replace(
            {
                "clusters/dev/dev-1/infrastructure/other.yaml": b"apiVersion: "
                b"kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n"
                b"  name: fairlead-reader\n  namespace: flux-system\nspec:\n  path: ./x\n"
            }
        ),
        "has a Flux Kustomization fairlead-reader already",
    ),
}


@pytest.mark.parametrize("case", NOT_NOW)
def test_what_cannot_be_turned_on_is_refused(case: str) -> None:
    tree, told = NOT_NOW[case]
    with pytest.raises(InvalidInput, match=told):
        turn_on(tree, Health.CLUSTERS)


def test_a_file_that_was_edited_where_it_has_to_change_is_refused() -> None:
    some = fleet(health="clusters")
    with pytest.raises(InvalidInput, match="was edited where --health") as told:
        turn_on(edited(some, BASE, "- rbac.yaml", "- rbac.yaml\n  - mine.yaml"), Health.PODS)
    assert told.value.place is not None
    assert told.value.place.path == BASE
    assert b"rbac-pods.yaml" in turn_on(some, Health.PODS).tree[BASE].data


def test_the_verb_writes_all_of_it_or_nothing(tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), fleet())
    command = ["update", str(tmp_path), "--health"]
    for said, told in (("rumours", "by 'rumours'"), ("statuses", "the embedded forge")):
        with pytest.raises(InvalidInput, match=told):
            run(*command, said)
    for flag in ("--dry-run", "--check"):
        run(*command, "clusters", flag, code=1)
    assert read_directory(tmp_path) == fleet()
    run(*command, "clusters")
    assert read_directory(tmp_path) == fleet(health="clusters")
    assert run(*command, "clusters") == "nothing to do\n"
    assert run("update", tmp_path) == "nothing to do\n"

"""Templates are taken apart by lines, and what is left is proven to be the rest."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops.document import documents
from gitops.errors import EditRefused
from gitops.scaffold import template as templates
from gitops.scaffold.template import filled, template, worded

DEPLOYMENT = "app/deployment.yaml"
HEAD = "fleet/head.yaml"
TEXT = "forge/codeowners"
LIST = "cluster/kustomization.yaml"
CONTAINER = ("spec", "template", "spec", "containers", 0)


def data(text: bytes) -> object:
    return documents("a.yaml", text)[0].data()


def test_what_is_dropped_takes_the_comment_above_it_along() -> None:
    left = filled(HEAD, dropped=(("people",), ("environments",)))
    assert b"Who the people are" not in left
    assert b"environments" not in left
    read = documents(HEAD, left)[0]
    assert ("people",) not in read.places
    assert ("groups",) in read.places


def test_a_number_and_a_boolean_stay_what_they_are() -> None:
    port = (*CONTAINER, "ports", 0, "containerPort")
    token = ("spec", "template", "spec", "automountServiceAccountToken")
    read = documents("a.yaml", filled(DEPLOYMENT, {port: 9090, token: True}))[0]
    assert yaml.safe_load(filled(DEPLOYMENT, {port: 9090}))["spec"]["template"]["spec"][
        "containers"
    ][0]["ports"][0] == {"name": "http", "containerPort": 9090}
    assert read.text(*token) == "true"


def test_of_several_items_those_are_dropped_that_are_named() -> None:
    """The indexes are the template's own, whatever was dropped before."""
    every = data(template(LIST))
    found = data(filled(LIST, dropped=(("resources", 0), ("resources", 2))))
    assert isinstance(every, dict)
    assert isinstance(found, dict)
    assert found["resources"] == [every["resources"][1], *every["resources"][3:]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"dropped": (("nothing",),)}, "has no nothing"),
        ({"dropped": (("forge", "kind"), ("groups", "qa", 0))}, "cannot be dropped"),
        ({"grown": {("environments",): 0}}, "drop the list"),
    ],
)
def test_what_a_template_has_not_is_a_bug_of_ours(arguments: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        filled(HEAD, **arguments)  # type: ignore[arg-type]


def test_a_number_is_put_only_where_one_was() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        filled(DEPLOYMENT, {(*CONTAINER, "name"): 7})
    with pytest.raises(EditRefused):
        filled(DEPLOYMENT, {(*CONTAINER, "name"): True})


def test_words_are_all_given_and_all_used() -> None:
    assert worded(TEXT, {"OWNERS": "@a", "GUARDED": "b"}).count(b"@") == 1
    for words in ({"OWNERS": "@a"}, {"OWNERS": "@a", "GUARDED": "b", "NAME": "shop"}):
        with pytest.raises(ValueError, match="given were"):
            worded(TEXT, words)


SOURCES = sorted(
    path.relative_to(root).as_posix()
    for root in [Path(templates.__file__).parent / "templates"]
    for path in root.rglob("*.yaml")
    if documents("a.yaml", path.read_bytes())
)


@given(st.data())
def test_any_entry_of_any_template_can_go_or_is_refused(draw: st.DataObject) -> None:
    """What is left reads as the template without it: `filled` proves it, or raises."""
    name = draw.draw(st.sampled_from(SOURCES))
    document = documents(name, template(name))[0]
    address = draw.draw(st.sampled_from([a for a in document.places if a]))
    try:
        left = filled(name, dropped=(address,))
    except ValueError:
        return
    assert address not in documents(name, left)[0].places or isinstance(address[-1], int)
    assert len(left) < len(template(name))

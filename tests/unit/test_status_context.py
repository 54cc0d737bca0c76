"""What a commit status is called that Flux writes, and reading it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.status_context import EXPRESSION, LIMIT, Subject, read, subjects

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
WEB = Subject("prod", "prod-eu", "kustomization", "flux-system", "web")


def said(kind: str, namespace: str, name: str) -> str:
    """What the expression comes to, on the cluster prod-eu of prod: it only joins texts."""
    facts = {
        "event.involvedObject.kind.lowerAscii()": kind.lower(),
        "event.involvedObject.namespace": namespace,
        "event.involvedObject.name": name,
    }
    filled = EXPRESSION.replace("${environment}", "prod").replace("${cluster}", "prod-eu")
    parts = (part.strip() for part in filled.split(" + "))
    return "".join(facts[part] if part in facts else part.strip("'") for part in parts)


def test_what_the_expression_says_is_read_back() -> None:
    context = said("Kustomization", "flux-system", "web")
    assert context == "flux/prod/prod-eu/kustomization/flux-system/web"
    assert read(context) == WEB
    assert WEB.context == context


@given(LABELS, LABELS, LABELS, LABELS)
def test_every_context_is_read_as_it_was_written(e: str, c: str, n: str, name: str) -> None:
    subject = Subject(e, c, "helmrelease", n, name)
    assert read(subject.context) == subject


@pytest.mark.parametrize(
    "context",
    [
        "kustomization/web/0a1b2c3d",
        "flux/prod/prod-eu/kustomization/flux-system",
        "flux/prod/prod-eu/kustomization/flux-system/web/more",
        "flux/prod//kustomization/flux-system/web",
        "flux/prod/prod-eu/Kustomization/flux-system/web",
        "Flux/prod/prod-eu/kustomization/flux-system/web",
        "flux/prod/prod-eu/kustomization/flux-system/web\n",
        "flux/prod/prod-eu/kustomization/flux-system/wéb",
        "",
        Subject("prod", "prod-eu", "kustomization", "flux-system", "w" * LIMIT).context,
    ],
)
def test_other_contexts_are_not_ours(context: str) -> None:
    assert read(context) is None


def test_a_longest_context_is_read() -> None:
    room = LIMIT - len(Subject("prod", "prod-eu", "kustomization", "flux-system", "").context)
    longest = Subject("prod", "prod-eu", "kustomization", "flux-system", "w" * room)
    assert read(longest.context) == longest


def test_an_object_may_be_spoken_of_for_every_environment_of_its_cluster() -> None:
    found = subjects("prod", "main", "Kustomization", "flux-system", "web-prod")
    assert {each.context for each in found} == {
        "flux/prod/main/kustomization/flux-system/web-prod",
        "flux/all/main/kustomization/flux-system/web-prod",
    }

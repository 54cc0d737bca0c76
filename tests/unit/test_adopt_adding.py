"""`add app` in an adopted fleet: where its files lie, and what is refused."""

from dataclasses import replace

import pytest

from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold import AppAnswers, add_app
from gitops.scaffold.record import Record, Unit, recorded, records
from gitops.tree import Tree, changes
from tests.unit.adoptable import adopting, two


def with_variables(tree: Tree) -> Tree:
    """An adopted fleet with what `add app` fills its Kustomizations from."""
    variables = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-vars, namespace: flux-system}\n"
        "data: {environment: e, cluster: c, domain: shop.example.com}\n"
    )
    paths = ("clusters/staging", "clusters/production")
    return tree.replace({f"{path}/cluster-vars.yaml": variables.encode() for path in paths})


MORE = AppAnswers("payments", "shop", ("ghcr.io/shop/payments",), range=">=1.0.0")


def test_an_app_that_is_added_is_described_where_the_others_are() -> None:
    before = with_variables(adopting(two()).tree)
    tree = add_app(before, MORE)
    changed = changes(before, tree)
    assert all(old is None for old, _ in changed.values())
    assert "apps/payments/app.yaml" not in tree
    assert b"\npaths:\n  - apps/payments\n" in tree[".fairlead/apps/payments.yaml"].data
    fleet = Fleet.read(tree)
    for environment in ("staging", "production"):
        pin = fleet.pin(environment, "payments")
        assert pin is not None
        assert (pin.problem, pin.unreleased) == (None, True)
        other = fleet.pin(environment, "web")
        assert other is not None
        assert other.problem is None
    assert add_app(tree, MORE) == tree
    done = recorded(before, tree, Unit("app", "payments"), {"name": "payments"})
    [record] = [each for each in records(done) if isinstance(each, Record)]
    assert ".fairlead/apps/payments.yaml" in record.files


def test_an_app_that_would_mean_something_else_is_refused() -> None:
    adopted = adopting(two()).tree
    with pytest.raises(InvalidInput, match=r"^clusters/.*/cluster-vars\.yaml: .* no variables"):
        add_app(adopted, MORE)
    with pytest.raises(InvalidInput, match=r"^apps/staging: is no app's"):
        add_app(with_variables(adopted), replace(MORE, name="staging"))

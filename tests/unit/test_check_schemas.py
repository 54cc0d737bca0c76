"""Rendered objects against JSON schemas: Kubernetes' own, and those of a directory."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.kubernetes_schemas import newest
from gitops.check.schemas import Schemas
from gitops.errors import InvalidInput, Place
from gitops.rendering.model import Object
from gitops.tree import Tree
from tests.faults.schemas import SCHEMA_FAULTS
from tests.faults.workloads import RenderedFault
from tests.unit.test_check_rendered import examples, subject

WIDGET = {
    "type": "object",
    "required": ["spec"],
    "properties": {"spec": {"properties": {"size": {"type": "integer"}, "by": {"type": "number"}}}},
}
OF_WIDGETS = json.dumps(WIDGET)


@pytest.fixture(scope="module")
def kubernetes() -> Tree:
    found = newest()
    assert found is not None, "kubernetes-validate belongs to the tests' requirements"
    return found


def said(directories: list[Tree], more: str) -> list[str]:
    return [str(each) for each in Schemas(directories)(subject(more))]


def widget(spec: dict[str, Any]) -> list[str]:
    """What is said of a widget by a directory of each layout."""
    data = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": spec,
    }
    rendered = subject("")
    about = Object(data, Place("w.yaml", 1))
    mine = type(rendered)("prod", "p", None, ".", (about,))
    layouts = (
        "crds/example.com/widget_v1.json",
        "widget-example-v1.json",
        "widget-example.com-v1.json",
    )
    each = [
        [finding.message for finding in Schemas([Tree.of({path: OF_WIDGETS})])(mine)]
        for path in layouts
    ]
    assert each[0] == each[1] == each[2]
    return each[0]


@pytest.mark.parametrize("fault", SCHEMA_FAULTS, ids=str)
def test_kubernetes_own_schemas_find_a_fault(kubernetes: Tree, fault: RenderedFault) -> None:
    assert [text for text in said([kubernetes], fault.faulty) if "FL008" in text]
    assert said([kubernetes], fault.near_miss) == []


def test_nothing_is_wrong_with_good_objects_and_every_kind_is_known(kubernetes: Tree) -> None:
    schemas = Schemas([kubernetes])
    assert list(schemas(subject(""))) == []
    assert schemas.missing == {}


def test_the_page_s_examples_are_true(kubernetes: Tree) -> None:
    assert said([kubernetes], examples("FL008")["Faulty"])
    assert said([kubernetes], examples("FL008")["Cured"]) == []


def test_a_directory_of_either_layout() -> None:
    assert widget({"size": 3}) == []
    assert widget({"size": "x"}) == ["Widget w: spec.size: 'x' is not of type 'integer'"]


def test_a_float_is_a_number_although_documents_keep_it_as_text() -> None:
    assert widget({"by": "0.5"}) == []
    assert widget({"by": "half"}) == ["Widget w: spec.by: 'half' is not of type 'number'"]


def test_of_a_text_and_a_number_a_text_of_digits_is_one(kubernetes: Tree) -> None:
    head = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a, namespace: shop}\n"
    assert (
        said([kubernetes], head + "spec: {hard: {persistentvolumeclaims: '20', cpu: 1.5}}\n") == []
    )
    [wrong] = said([kubernetes], head + "spec: {hard: {pods: [20]}}\n")
    assert "spec.hard.pods" in wrong


def test_a_kind_without_schema_is_counted() -> None:
    schemas = Schemas([Tree.of({"core/service_v1.json": "{}"})])
    assert list(schemas(subject(""))) == []
    assert schemas.missing == {
        "v1 ServiceAccount": 1,
        "v1 ConfigMap": 1,
        "apps/v1 Deployment": 1,
        "policy/v1 PodDisruptionBudget": 1,
    }


def test_the_first_directory_that_has_a_kind_decides(kubernetes: Tree) -> None:
    open_to_all = Tree.of({"apps/deployment_v1.json": "{}"})
    slip = SCHEMA_FAULTS[0].faulty
    assert said([open_to_all, kubernetes], slip) == []
    assert said([kubernetes, open_to_all], slip) != []


def test_what_sops_adds_is_passed_over() -> None:
    strict = json.dumps({"additionalProperties": False, "properties": {"kind": {}, "metadata": {}}})
    secret = "kind: Secret\nmetadata: {name: a, namespace: shop}\n"
    tree = Tree.of({"core/secret_v1.json": strict})
    head = secret + "apiVersion: v1\n"
    assert any("apiVersion" in text for text in said([tree], head))
    assert not any("sops" in text for text in said([tree], f"{head}sops: {{mac: x}}\n"))


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no JSON schema"),
        ('{"properties": {"spec": {"$ref": "https://example.com/away.json"}}}', "cannot be used"),
        ('{"properties": {"spec": {"type": "nothing"}}}', "cannot be used"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        said([Tree.of({"apps/deployment_v1.json": schema})], "")


def test_parts_that_lie_beside_each_other_are_found() -> None:
    whole = {"properties": {"spec": {"$ref": "parts.json#/$defs/s"}}}
    tree = Tree.of(
        {
            "v1/deployment-apps-v1.json": json.dumps(whole),
            "v1/parts.json": '{"$defs": {"s": {"required": ["nothing"]}}}',
        }
    )
    assert any("'nothing' is a required property" in text for text in said([tree], ""))


def test_the_catalogue_of_the_reference_material(shared: Path) -> None:
    with tarfile.open(shared / "schemas" / "schemas.tar.gz") as archive:
        wanted = "./flux-schema/kustomize.toolkit.fluxcd.io/kustomization_v1.json"
        found = archive.extractfile(wanted)
        assert found is not None
        tree = Tree.of({wanted[2:]: found.read()})
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    good = "spec: {interval: 1h, prune: true, sourceRef: {kind: GitRepository, name: f}}\n"
    named = f"{head}metadata: {{name: a, namespace: flux-system}}\n"
    assert said([tree], named + good) == []
    assert said([tree], named + good.replace("prune: true", "prune: often")) != []

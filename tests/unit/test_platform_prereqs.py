"""docs/platform-prereqs.md: each line's value stands where it says, and is wanted until it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest
import yaml

from gitops.check import findings
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers.app_traffic import Traffic, egress
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.tree import Tree
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "platform-prereqs.md").read_text(encoding="utf-8")
ENVIRONMENTS = ("dev", "stage", "prod")
URL = "ssh://git@git.example.net/shop/fleet.git"
OWNED = ("irsa", "storage", "kms", "lb-controller", "cni-netpol")
KEY = "arn:aws:kms:eu-central-1:{account}:key/01234567-89ab-cdef-0123-456789abcdef"
ROLE = "arn:aws:iam::{account}:role/{name}"
ACCOUNT = "210987654321"
MISSING = "000000000000"
OWN_FILES = {"KUBECONFIG": "kubeconfig", "AWS_CONFIG_FILE": "aws-config"}
SEED = (
    *("Terraform", "eksctl", "State", "lock", "VPC", "rivate nodes", "private API", "NAT", "KMS"),
    *("endpoint for S3", "ECR", "VPN"),
)
"""What people asked the list to name."""


@dataclass(frozen=True)
class Line:
    """A line of the checklist: the command and flag that take a value, and where it stands."""

    what: str
    said: str
    path: str
    at: str

    @property
    def setting(self) -> tuple[str, str] | None:
        """Component and key of `add component NAME --set KEY`."""
        found = re.fullmatch(r"add component (\S+) --set (\S+)", self.said)
        return None if found is None else (found[1], found[2])


def lines() -> list[Line]:
    """The page's checklist."""
    table = PAGE.partition("<!-- prereqs:begin -->")[2].partition("<!-- prereqs:end -->")[0]
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()]
    plain = [[cell.strip("`| ") for cell in row] for row in rows if len(row) == 5]
    return [Line(row[0], *row[2:]) for row in plain[1:]]


def settings(account: str = ACCOUNT) -> Mapping[str, Mapping[str, str]]:
    """What each component is told, with roles of one account."""

    def role(name: str) -> str:
        return ROLE.format(account=account, name=name)

    region = {"region": "eu-central-1"}
    email = {"email": "platform@example.com", "solver": "route53"}
    image = {"plugin-image": "velero/velero-plugin-for-aws:v1.13.0"}
    return {
        "aws-load-balancer-controller": region
        | {"cluster-name": "shop", "vpc-id": "vpc-0123456789abcdef0", "role-arn": role("lb")},
        "cert-manager": region | email | {"role-arn": role("certificates")},
        "karpenter": {
            "cluster-name": "shop",
            "queue": "shop-interruptions",
            "node-role": "shop-node",
            "ami-alias": "al2023@v20260801",
            "role-arn": role("nodes"),
        },
        "vault": region | {"kms-key": KEY.format(account=account), "role-arn": role("vault")},
        "loki": region | {"bucket": "shop-logs", "role-arn": role("logs")},
        "velero": region | image | {"bucket": "shop-backups", "role-arn": role("backups")},
        "external-dns": {"provider": "aws", "role-arn": role("dns")},
    }


def with_components(tree: Tree, told: Mapping[str, Mapping[str, str]]) -> Tree:
    """The tree with these components in every environment."""
    for name, values in told.items():
        given = [f"{key}={value}" for key, value in values.items()]
        tree = add_component(tree, ComponentAnswers(name, settings=given, capabilities=OWNED)).tree
    return tree


@cache
def fleet(account: str = ACCOUNT) -> Tree:
    """A fleet that consumes every value of the list."""
    answers = FleetAnswers("shop", url=URL, domain="shop.example.net")
    app = AppAnswers(
        "payments",
        "shop",
        ("registry.example.net/shop/payments",),
        "https://git.example.net/shop/payments.git",
        traffic=Traffic(egress=(egress("bank=192.0.2.0/24:443"),)),
        roles={e: ROLE.format(account=account, name="payments") for e in ENVIRONMENTS},
    )
    return add_app(with_components(new_fleet(Tree({}), answers), settings(account)), app)


def stands(line: Line, environment: str) -> str | None:
    """The value at a line's place for one environment; None where there is none."""
    cluster = f"{environment}-1"
    path = line.path.replace("ENV", environment).replace("CLUSTER", cluster)
    assert path in fleet(), path
    text = fleet()[path].data.decode()
    if path.endswith(".envrc"):
        found = re.search(rf"^export {line.at}=(.+)$", text, re.MULTILINE)
        return found and found[1]
    return at(next(yaml.safe_load_all(text)), line.at)


def at(node: object, address: str) -> str | None:
    """The scalar at an address of keys with dots between them, which a key may have too."""
    if not address:
        return str(node)
    if isinstance(node, list):
        index, _, rest = address.partition(".")
        return at(node[int(index)], rest)
    for key, value in node.items() if isinstance(node, dict) else ():
        if address == key or address.startswith(f"{key}."):
            return at(value, address[len(key) + 1 :])
    return None


def wanted(line: Line, environment: str) -> str:
    """What was said for that line."""
    if line.setting is not None:
        component, key = line.setting
        return settings()[component][key]
    return {
        "add app --egress": "192.0.2.0/24",
        "add app --irsa": ROLE.format(account=ACCOUNT, name="payments"),
        "new --cluster": f"{environment}-1",
        "new --domain": f"{environment}.shop.example.net".removeprefix("prod."),
        "new --url": URL,
        "add component --have irsa": ", ".join(sorted(OWNED)),
        "add component --have cni-netpol": ", ".join(sorted(OWNED)),
        "new": f'"$FLEET_ROOT/env/{environment}/{OWN_FILES.get(line.at)}"',
    }[line.said]


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.said} {line.at}")
def test_each_value_stands_where_the_list_says(line: Line) -> None:
    assert [stands(line, each) for each in ENVIRONMENTS] == [
        wanted(line, each) for each in ENVIRONMENTS
    ]


def test_the_list_has_what_was_asked_for() -> None:
    said = "\n".join(line.what for line in lines())
    assert [word for word in SEED if word not in said] == []


def test_what_the_platform_has_not_made_yet_fails_the_check() -> None:
    found = [each for each in findings(fleet(MISSING)) if each.code == "FL420"]
    consuming = {path for path, file in fleet(MISSING).items() if b"arn:aws" in file.data}
    applied = {path for path in consuming if not path.startswith(".fairlead/")}
    assert {each.place.path for each in found} == applied
    # Seven controllers and the app, in each environment.
    assert len(applied) == 8 * len(ENVIRONMENTS)
    assert [each for each in findings(fleet()) if each.code == "FL420"] == []


@pytest.mark.parametrize(
    ("component", "key"), [("loki", "bucket"), ("karpenter", "queue"), ("karpenter", "node-role")]
)
def test_a_name_to_be_changed_fails_the_check(component: str, key: str) -> None:
    told = {name: dict(values) for name, values in settings().items() if name == component}
    start = new_fleet(Tree({}), FleetAnswers("shop"))
    assert _unfilled(with_components(start, told)) == []
    told[component][key] = "change-me"
    assert len(_unfilled(with_components(start, told))) >= len(ENVIRONMENTS)


def _unfilled(tree: Tree) -> list[str]:
    return [str(each) for each in findings(tree) if each.code == "FL420"]

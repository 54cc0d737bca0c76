"""What scales an app: one autoscaler, by what it is told, with credentials that stand nowhere."""

import re
from typing import Any

import pytest
import yaml

from gitops.errors import InvalidInput
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.scaffold.answers.app_given import Flags, app_answers
from gitops.scaffold.answers.app_options import Autoscaler
from gitops.scaffold.answers.app_trigger import CREDENTIALS
from gitops.tree import Tree
from tests.golden.app_trees import FLEETS, told

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
KEDA = f"{BASE} --autoscale keda"
QUEUE = "--trigger 'rabbitmq queueName=mail mode=QueueLength value=20'"
KEPT = "--secrets vault --secret queue=URL"
LOGIN = "--trigger-auth host=queue/URL"


def made(flags: str) -> Tree:
    return add_app(FLEETS[Topology.PER_ENVIRONMENT], told("a", flags))


def manifest(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree[f"apps/a/{path}.yaml"].data)


def test_a_scaler_logs_in_with_what_a_secret_holds() -> None:
    tree = made(f"{KEDA} {QUEUE} {KEPT} {LOGIN} --scale 2-9 --scale prod=3-20")
    spec = manifest(tree, "base/scaled-object")["spec"]
    login = manifest(tree, "base/trigger-authentication")
    assert login["spec"]["secretTargetRef"] == [
        {"parameter": "host", "name": "queue", "key": "URL"}
    ]
    assert spec["triggers"] == [
        {
            "type": "rabbitmq",
            "authenticationRef": {"name": login["metadata"]["name"]},
            "metadata": {"queueName": "mail", "mode": "QueueLength", "value": "20"},
        }
    ]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 9)
    assert [each["value"] for each in manifest(tree, "envs/prod/scale")] == [3, 20]
    # The Secret is one that the app's own store makes.
    assert manifest(tree, "base/secret-queue")["spec"]["destination"]["name"] == "queue"


def test_what_needs_no_login_has_none() -> None:
    tree = made(f"{KEDA} --trigger 'cron timezone=Etc/UTC start=0 end=1 desiredReplicas=4'")
    [trigger] = manifest(tree, "base/scaled-object")["spec"]["triggers"]
    assert set(trigger) == {"type", "metadata"}
    assert "apps/a/base/trigger-authentication.yaml" not in tree
    [cpu] = manifest(made(KEDA), "base/scaled-object")["spec"]["triggers"]
    assert cpu["type"] == "cpu"


@pytest.mark.parametrize("scaler", CREDENTIALS)
def test_a_scaler_that_gets_nowhere_without_a_credential_is_told(scaler: str) -> None:
    said = f"{KEDA} {KEPT} --trigger '{scaler} value=1'"
    with pytest.raises(InvalidInput, match="needs a credential") as caught:
        told("a", said)
    assert f"--trigger-auth {CREDENTIALS[scaler]}=" in str(caught.value.hint)
    trigger = told("a", f"{said} --trigger-auth {CREDENTIALS[scaler]}=queue/URL").scaling.trigger
    assert trigger is not None
    assert [each.parameter for each in trigger.credentials] == [CREDENTIALS[scaler]]


def test_a_database_of_the_apps_own_is_logged_in_to() -> None:
    scaler = "--trigger 'postgresql query=SELECT targetQueryValue=5'"
    login = "--trigger-auth connection=a-database-app/uri"
    assert told("a", f"{KEDA} {scaler} {login} --database cnpg").scaling.trigger is not None
    with pytest.raises(InvalidInput, match="a-database-app, which is no Secret here"):
        told("a", f"{KEDA} {scaler} {login}")


REFUSED = [
    ("--autoscale hpa --autoscale keda", "--autoscale hpa and --autoscale keda cannot both"),
    ("--autoscale keda --autoscale keda", "cannot both be meant"),
    (f"--autoscale hpa {QUEUE} {KEPT} {LOGIN}", "--trigger is for KEDA"),
    (f"--autoscale keda {KEPT} {LOGIN}", "--trigger-auth goes with --trigger"),
    (f"--autoscale keda --trigger rabbitmq {KEPT} {LOGIN}", "names no scaler and what it asks"),
    (f"--autoscale keda --trigger 'rabbitmq queue' {KEPT} {LOGIN}", "'queue' is not KEY=VALUE"),
    (f"--autoscale keda {QUEUE} {LOGIN}", "is no Secret here"),
    (f"--autoscale keda {QUEUE} {KEPT} --trigger-auth host=queue/URI", "which has URL"),
    (f"--autoscale keda {QUEUE} {KEPT} --trigger-auth host", "is not PARAMETER=SECRET/KEY"),
    (f"--autoscale keda {QUEUE} {KEPT} {LOGIN} {LOGIN}", "gives a parameter twice"),
    (
        f"--autoscale keda --trigger 'rabbitmq host=amqp://a:b@c/ value=1' {KEPT} {LOGIN}",
        "looks like a credential",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_does_not_go_together_is_refused(wrong: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        told("a", f"{BASE} {wrong}")
    assert caught.value.hint
    assert "a:b@c" not in str(caught.value)
    assert told("a", f"{KEDA} {QUEUE} {KEPT} {LOGIN}").scaling.trigger is not None


def test_one_autoscaler_is_taken_as_a_list_and_as_a_text() -> None:
    assert told("a", f"{BASE} --autoscale hpa").scaling.autoscaler is Autoscaler.HPA
    assert told("a", BASE).scaling.autoscaler is None
    # Records of apps that were added earlier have a text.
    earlier: Flags = {
        "name": "a",
        "team": "shop",
        "image": ["registry.example.com/shop/a"],
        "range": ">=1.0.0",
        "port": 8080,
        "autoscale": "keda",
    }
    assert app_answers(earlier).scaling.autoscaler is Autoscaler.KEDA

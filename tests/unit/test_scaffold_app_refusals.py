"""Answers about an app that are refused: one message, what to do, and a tree that is as it was.

Each has a twin beside it that is taken.
"""

import re

import pytest

from gitops.errors import InvalidInput, Place
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.scaffold.answers.app_config import SecretUse, Variable
from gitops.tree import changes
from tests.golden.app_trees import FLEETS, told

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
CHART = "--team shop --range >=1.0.0"
FLEET = FLEETS[Topology.PER_ENVIRONMENT]
CNPG = "--migrations pre --migration-command"

CASES = [
    (
        "--component mtls-nginx --expose ingress --host a",
        "nobody gets in without a certificate",
        "--component mtls-nginx --allow-from b",
    ),
    ("--component mtls-nginx --port 9000", "hands on to port 8080", "--component mtls-nginx"),
    ("--component mesh --component mtls-nginx", "mutual TLS already", "--component mesh"),
    ("--component mtls-nginx --preset worker", "no Service of ours", "--component mtls-nginx"),
    (
        "--component mtls-nginx --secrets sops --secret mtls",
        "the Secret mtls is that of the certificate",
        "--component mtls-nginx --secrets sops --secret a",
    ),
    ("--preset jav", "--preset jav is not known; did you mean `jvm`", "--preset jvm"),
    ("--size xxl", "--size xxl is not known; did you mean `xl`", "--size xl"),
    ("--port 0", "0 is no port", "--port 1"),
    (
        "--preset stateful --volume d=/d:1Gi --smoke",
        "--smoke asks by HTTP, and the app is probed by tcp",
        "--preset stateful --volume d=/d:1Gi --smoke --probe http",
    ),
    (
        "--source git@git.example.com:shop/a.git",
        "--source: not a URL but git's short form of one",
        "--source ssh://git@git.example.com/shop/a.git",
    ),
    ("--source a.git", "--source: not the URL of a git", "--source https://git.example.com/a.git"),
    ("--metrics --metrics-port 70000", "70000 is no port", "--metrics --metrics-port 7000"),
    ("--metrics-port 9000", "--metrics-port goes with --metrics", "--metrics --metrics-port 9000"),
    ("--preset static --metrics", "static has no metrics", "--preset node --metrics"),
    ("--probe exec", "says not what is run", "--probe exec --probe-command 'test -e /tmp/up'"),
    ("--probe-command true", "goes with --probe exec", "--probe exec --probe-command true"),
    ('--probe exec --probe-command "a \'b"', "is no command", "--probe exec --probe-command a"),
    ("--live healthz", "'healthz' is no path", "--live /alive"),
    ("--live /up --ready /up", "both probes would ask for /up", "--live /up --ready /on"),
    ("--probe grpc --live /up", "--probe grpc asks for no path", "--probe http --live /up"),
    (
        "--preset worker --probe http",
        "no port for --probe http",
        "--preset worker --probe tcp --metrics",
    ),
    ("--preset cron", "nothing says when the CronJob runs", "--preset cron --schedule '0 3 * * *'"),
    (
        "--preset cron --schedule daily",
        "'daily' is no schedule",
        "--preset cron --schedule '5 4 * * 1-5'",
    ),
    (
        "--preset cron --schedule '60 * * * *'",
        "'60' is no minute; write *, or numbers from 0 to 59",
        "--preset cron --schedule '59 23 1,15 1-12/3 *'",
    ),
    (
        "--preset cron --schedule '0 3 * * 7'",
        "'7' is no weekday",
        "--preset cron --schedule '0 3 * * SUN-tue'",
    ),
    (
        "--preset cron --schedule '0 3 * foo *'",
        "'foo' is no month",
        "--preset cron --schedule '0 3 ? feb 0-6/2'",
    ),
    (
        "--preset cron --schedule '0 5-3 * * *'",
        "'5-3' is no hour",
        "--preset cron --schedule '*/20 3-5 * * *'",
    ),
    ("--autoscale keda --scale 0-5", "its CPU tells nothing", "--autoscale keda --scale 2-5"),
    ("--schedule '0 3 * * *'", "runs all the time", "--preset cron --schedule '*/5 * * * 1-5'"),
    (
        "--preset cron --schedule '0 3 * * *' --expose ingress --host a",
        "listens nowhere, so nothing can be exposed",
        "--preset node --expose ingress --host a",
    ),
    ("--preset worker --allow-from b", "so nobody calls it", "--preset node --allow-from b"),
    ("--strategy canary", "did you mean `Canary", "--strategy Canary --metrics"),
    (
        "--preset worker --metrics --strategy Canary",
        "has no Service, so there is no traffic to move",
        "--preset node --metrics --strategy Canary",
    ),
    ("--strategy Canary", "judged by the app's metrics", "--strategy Canary --metrics"),
    (
        "--strategy Canary --metrics --expose load-balancer --host a",
        "none of them is a load balancer",
        "--strategy Canary --metrics --expose ingress --host a",
    ),
    ("--replicas prod=1", "one pod alone in prod", "--replicas dev=1 --replicas prod=2"),
    ("--replicas prod=two", "'two' is no number of pods", "--replicas prod=2"),
    ("--replicas prod=0", "0 is no number of pods", "--replicas prod=2"),
    ("--replicas 3", "--replicas 3 is not ENV=VALUE", "--replicas stage=3"),
    ("--replicas prd=3", "no environment 'prd'; did you mean `prod", "--replicas prod=3"),
    ("--replicas prod=2 --replicas prod=3", "given twice for prod", "--replicas prod=3"),
    ("--autoscale hpa --replicas prod=3", "and so would --replicas", "--autoscale hpa"),
    ("--autoscale both", "--autoscale both is not known", "--autoscale keda"),
    ("--scale 2-6", "--scale goes with an autoscaler", "--autoscale hpa --scale 2-6"),
    ("--autoscale hpa --scale 6-2", "6-2 leaves nothing to scale", "--autoscale hpa --scale 2-3"),
    ("--autoscale hpa --scale 6", "--scale 6 is not MIN-MAX", "--autoscale hpa --scale 2-6"),
    ("--autoscale hpa --scale 1-6", "is down with its node", "--autoscale hpa --scale dev=1-6"),
    ("--autoscale hpa --scale 2-6 --scale 3-6", "says again", "--autoscale hpa --scale 2-6"),
    ("--strategy Recreate --replicas prod=2", "two never run at once", "--strategy Recreate"),
    ("--volume data=/data:1Gi", "add --strategy Recreate", "--strategy Recreate --volume d=/d:1Gi"),
    (
        "--strategy Recreate --volume data:1Gi",
        "is no volume",
        "--strategy Recreate --volume d=/d:1Gi",
    ),
    (
        "--strategy Recreate --volume d=/../d:1Gi",
        "is no volume",
        "--strategy Recreate --volume d=/e:1Ti",
    ),
    (
        "--strategy Recreate --volume d=/tmp:1Gi",
        "one name or one path",
        "--strategy Recreate --volume d=/d:9Mi",
    ),
    ("--expose ingress", "--expose ingress without a host", "--expose ingress --host a"),
    ("--host a", "nothing exposes the app", "--expose httproute --host a"),
    (
        "--expose ingress --host a.example.com",
        "host of every environment",
        "--expose ingress --host a",
    ),
    (
        "--expose ingress --host a --host b",
        "for every environment",
        "--expose ingress --host a --host prod=b.c.de",
    ),
    (
        "--expose ingress --host prod=a.example.com",
        "dev has no host",
        "--expose ingress --host a --host prod=a.de",
    ),
    (
        "--expose ingress --host a --host prod=a_b.de",
        "'a_b.de' is no host name",
        "--expose ingress --host a",
    ),
    (
        "--expose ingress --host a --host dev=a.de --host prod=a.de",
        "two environments have the host a.de",
        "--expose ingress --host a --host dev=a.de --host prod=b.de",
    ),
    ("--allow-from Antaeus", "write it as antaeus", "--allow-from antaeus"),
    ("--open --allow-from b", "leave out --open", "--open"),
    ("--egress db", "is not NAME=TARGET:PORT", "--egress db=db:5432"),
    ("--egress db=db", "is not NAME=TARGET:PORT", "--egress db=ns/db:5432"),
    ("--egress db=db:http", "'http' is no port", "--egress db=db:80"),
    ("--egress db=db:99999", "'99999' is no port", "--egress db=[2001:db8::]/64:5432"),
    ("--egress db=db.example.com:5432", "knows no host names", "--egress db=10.0.0.0/8:5432"),
    ("--egress db=10.0.0.1/8:5432", "10.0.0.1/8 is no network", "--egress db=10.0.0.1:5432"),
    ("--egress a=b:1 --egress a=c:1", "two egresses are named a", "--egress a=b:1 --egress c=c:1"),
    ("--env PORT", "--env PORT is not KEY=VALUE", "--env PORT=80"),
    ("--env 1A=b", "'1A' is no name of a variable", "--env A1=b"),
    ("--env prd:A=b", "no environment 'prd'", "--env prod:A=b"),
    ("--env A=b --env A=c", "A is given twice", "--env A=b --env dev:A=c"),
    (
        "--env 'A=${region}'",
        "${region}, which clusters/dev/dev-1/cluster-vars.yaml has not",
        "--env 'A=${domain} $${region}'",
    ),
    ("--secrets vault", "which secrets come from vault", "--secrets vault --secret a"),
    ("--secret a", "where the secrets are kept", "--secrets sops --secret a"),
    ("--secrets sops --secret a --secret a=B", "named twice", "--secrets sops --secret a=B,C"),
    (
        "--secrets sops --secret a=b-c",
        "'b-c' is no name of a variable",
        "--secrets sops --secret a=B_C",
    ),
    (
        "--secrets kms --secret a",
        "--secrets kms is not known",
        "--secrets external-secrets --secret a",
    ),
    (
        "--database cnpg --secrets sops --secret x-database",
        "x-database is made by the platform",
        "--database cnpg --secrets sops --secret x-keys",
    ),
    (
        "--database external --egress database=10.0.0.0/8:5432",
        "address and the password",
        "--database external --egress database=10.0.0.0/8:5432 --secrets vault --secret x-database",
    ),
    (
        "--database external --secrets vault --secret db",
        "may not call its database",
        "--database external --secrets vault --secret db --open",
    ),
    ("--database cnpg --egress database=b:1", "allowed already", "--database cnpg --egress b=b:1"),
    ("--migrations pre", "how the database is migrated", f"{CNPG} migrate"),
    ("--migration-command migrate", "goes with --migrations", f"{CNPG} 'a b'"),
    (
        "--irsa prod=admin",
        "'admin' is no role of AWS",
        "--irsa prod=arn:aws:iam::123456789012:role/a",
    ),
    ("--log-parser jsn", "no parser 'jsn'; did you mean `json", "--log-parser json"),
    ("--component spt", "--component spt is not known; did you mean `spot", "--component spot"),
    (
        "--kind helm",
        "--kind helm without a chart",
        "--kind helm --chart a --repository https://c.de --chart-version 1.0.0",
    ),
    ("--chart a --repository https://c.de", "is used by nobody", "--kind kustomize"),
    ("--chart-version 1", "--chart-version goes with --chart", "--kind kustomize"),
    (
        "--kind helm --chart a --repository https://c.de",
        "which version of the chart",
        "--kind kustomize",
    ),
    ("--kind oci-chart --chart a", "a is no chart in a registry", "--kind kustomize"),
    ("--kind helm --chart a --repository oci://c.de", "is no chart repository", "--kind kustomize"),
    ("--kind helm --chart oci://a/b --chart-version 1", "from elsewhere", "--kind kustomize"),
    (
        "--kind helm --chart a --repository https://c.de --chart-version 1 --metrics",
        "--metrics changes nothing there; leave it out, and say it in the chart's values",
        "--kind helm --chart a --repository https://c.de --chart-version 1 --egress b=b:1",
    ),
    (
        "--kind helm --chart a --repository https://c.de --chart-version 1 --size xl",
        "--size changes nothing there; leave it out, and say it in the chart's values",
        "--kind helm --chart a --repository https://c.de --chart-version 1 --allow-from b",
    ),
]


@pytest.mark.parametrize(("wrong", "message", "right"), CASES, ids=[case[0] for case in CASES])
def test_a_wrong_answer_is_told_and_a_right_one_taken(wrong: str, message: str, right: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        add_app(FLEET, told("x", f"{BASE} {wrong}"))
    assert caught.value.hint
    assert changes(FLEET, add_app(FLEET, told("x", f"{BASE} {right}")))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("", "the app has no image"),
        (
            "--kind helm --chart a --repository https://c.de --chart-version 1",
            "stand by environment",
        ),
    ],
)
def test_without_an_image_there_is_a_chart_to_release(flags: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        told("x", f"{CHART} {flags}")
    told("x", f"{CHART} --kind helm --chart a --repository https://c.de")


def test_a_chart_has_no_builds() -> None:
    source = "--team shop --source https://git.example.com/a.git"
    with pytest.raises(InvalidInput, match="a chart has no builds"):
        told("x", f"{source} --kind oci-chart --chart oci://c.de/charts/a")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DATABASE_PASSWORD", "hunter2"),
        ("API_KEY", "abc"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("GITHUB", "ghp_0123456789abcdef"),
        ("CERT", "-----BEGIN PRIVATE KEY-----"),
        ("DATABASE_URL", "postgres://shop:hunter2@db/shop"),
    ],
)
def test_a_credential_is_refused_by_its_name_or_its_look(key: str, value: str) -> None:
    with pytest.raises(InvalidInput, match="looks like a credential") as caught:
        Variable(key, value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PASSWORD_FILE", "/run/secrets/password"),
        ("TOKEN_URL", "https://id.example.com/token"),
        ("DATABASE_URL", "postgres://db/shop"),
        ("API_KEY", ""),
        ("KEYBOARD", "qwertz"),
    ],
)
def test_what_only_speaks_of_one_is_taken(key: str, value: str) -> None:
    assert Variable(key, value).value == value


@pytest.mark.parametrize("value", ["a\nb", "'a'", '"a"', "a "])
def test_a_value_that_kustomize_would_change_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="would be lost"):
        Variable("A", value)
    assert Variable("A", "it's").references == ()


def test_the_name_of_a_secret_is_one() -> None:
    with pytest.raises(InvalidInput, match="no name for a Secret"):
        SecretUse("a/b")
    assert SecretUse("a-b").keys == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("default", "is the cluster's own; name it app-default"),
        ("kube-system", "is the cluster's own"),
        ("kube-public", "is the cluster's own"),
        ("gateway", "policies let in what runs in that namespace; name it gateway-app"),
        ("monitoring", "policies let in"),
        ("flux-system", "Flux Kustomization of that name is taken"),
        ("1a", "a Service's name starts with a letter"),
        ("a" * 41, "has 41 characters, and its objects have longer ones; write it with 40"),
    ],
)
def test_a_name_that_others_go_by_is_no_apps(name: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        told(name, BASE)
    assert message in str(caught.value)
    for taken in (f"my-{name}"[:40], "a" * 40):
        assert told(taken, BASE).name == taken


def test_a_cluster_that_only_fleet_yaml_knows_gets_no_app() -> None:
    config = FLEET.read("fleet.yaml")
    typed = FLEET.replace({"fleet.yaml": config.replace(b"- prod-1", b"- prod-9")})
    with pytest.raises(InvalidInput, match="cluster prod-9 of prod has nothing here") as caught:
        add_app(typed, told("x", BASE))
    assert caught.value.place == Place("clusters/prod/prod-9")
    assert changes(FLEET, add_app(FLEET, told("x", BASE)))

"""Answers by flag, file and question: where they come from, which goes first, what is refused."""

import pytest

from gitops.errors import InvalidInput
from gitops.scaffold.answers import FleetAnswers, Topology
from gitops.scaffold.answers.fleet import Secrets
from gitops.scaffold.answers.given import KEYS, Given, checked, fleet_answers, read_answers
from gitops.scaffold.answers.questions import open_questions

KEY = f"age1{'q' * 58}"
OTHER = f"age1{'p' * 58}"
WHEEL = f"https://example.com/fairlead_gitops-0.1.0-py3-none-any.whl#sha256={'0' * 64}"


def answered(text: str) -> FleetAnswers:
    return fleet_answers(read_answers("a.yaml", text.encode()), "acme")


def test_a_file_answers_everything_that_a_flag_can() -> None:
    found = answered(
        f"""\
name: shop
forge: gitlab
project: acme/fleet
url: https://git.example.com/acme/fleet.git
environment: [dev, live]
topology: per-environment
cluster: [live=eu, live=us]
bootstrap: operator
defaults: inline
domain: shop.example
owners: "@acme/ops"
secrets: sops
age-recipient: [{KEY}, live={OTHER}]
registry: [ghcr.io, "registry.example.com:5000=azure"]
alerts: gitlab
install: {WHEEL}
bot-image: registry.example.com/fairlead@sha256:{"0" * 64}
"""
    )
    assert (found.name, found.forge, found.project) == ("shop", "gitlab", "acme/fleet")
    assert found.clusters_of("live") == ("eu", "us")
    assert found.age_recipients == {"dev": [KEY], "live": [KEY, OTHER]}
    assert (found.domain_of("dev"), found.domain_of("live")) == ("dev.shop.example", "shop.example")


def test_an_empty_file_answers_nothing() -> None:
    assert answered("# later\n") == FleetAnswers("acme")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("forge: gitlab\ntopologie: single\n", r"^a\.yaml:2:\d+: `topologie` .*`topology`"),
        ("waves: 2\n", r"^a\.yaml:1:\d+: .*move together until there are waves"),
        ("forge: gitlub\n", r"^a\.yaml:1:\d+: no forge 'gitlub' .*`gitlab`"),
        ("forge: [gitlab, gitea]\n", r"^a\.yaml:1:\d+: `forge` is no answer; write one text"),
        ("environment: []\n", r"^a\.yaml:1:\d+: `environment` is no answer"),
        ("cluster: {prod: eu}\n", r"^a\.yaml:1:\d+: `cluster` is no answer; .*list of texts"),
        ("cluster: [eu]\n", r"^a\.yaml:1:\d+: --cluster eu is not ENV=VALUE"),
        (
            "cluster: [dev=eu, prod=eu]\n",
            r"^a\.yaml:1:\d+: dev and prod each have a cluster eu; write --cluster prod=prod-eu",
        ),
        ("environment: [Dev]\n", r"^a\.yaml:1:\d+: 'Dev' is no name .* dev"),
        ("name: a\n---\nname: b\n", r"^a\.yaml:\d+:1: a second document"),
        ("[a]\n", r"^a\.yaml:1:1: no mapping"),
        ("name: [\n", r"^a\.yaml:"),
        ("install: https://example.com/a.whl\n", r"^a\.yaml:1:\d+: .*no wheel with its hash"),
        ("install: fairlead\n", r"^a\.yaml:1:\d+: .*no image by its digest"),
        ("bot-image: r.example/f:v1\n", r"^a\.yaml:1:\d+: .*no image by its digest"),
        ("url: git.example.com/a.git\n", r"^a\.yaml:1:\d+: --url is not the URL of a git rep"),
        ("url: https://x:QQQ@git.example.com/a.git\n", r"^a\.yaml:1:\d+: --url has credentials"),
        ("age-recipient: AGE-SECRET-KEY-1QQQ\n", r"^a\.yaml:1:\d+: that is a secret key"),
        ("age-recipient: ssh-rsa\n", r"^a\.yaml:1:\d+: 'ssh-rsa' is no age recipient"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as told:
        answered(text)
    assert "QQQ" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secrets: sops\n", "nothing says for whom the secrets of dev are encrypted"),
        (f"age-recipient: {KEY}\n", "goes with --secrets sops"),
        (f"secrets: sops\nage-recipient: prd={KEY}\n", "no environment 'prd'; did you mean `prod"),
        (f"install: {WHEEL}\n", "the embedded forge runs no CI"),
        ("environment: [all]\n", "no environment can be named all"),
        ("environment: [dev, dev]\n", "the environment dev is named twice"),
        ("topology: single\ncluster: [dev=x]\n", "write --cluster all=NAME"),
        ("topology: single\ncluster: [all=x, all=y]\n", "one cluster is shared"),
        ("domain: nowhere\n", "'nowhere' is no domain"),
        ("owners: platform\n", "write it as @acme/platform"),
    ],
)
def test_answers_that_do_not_go_together_are_told(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        answered(text)


def test_what_goes_together_is_taken() -> None:
    found = answered(f"topology: single\ncluster: [all=x]\nsecrets: sops\nage-recipient: {KEY}\n")
    assert (found.topology, found.secrets) == (Topology.SINGLE, Secrets.SOPS)
    assert {found.clusters_of(each) for each in found.environments} == {("x",)}


def asked(given: dict[str, str]) -> list[str]:
    """The keys of the questions, where each is answered by what `given` has, or its default."""
    answers: dict[str, Given] = {}
    keys = []
    for question in open_questions(answers, "acme"):
        keys.append(question.key)
        text = given.get(question.key) or question.default or KEY
        answers[question.key] = Given(tuple(text.split()))
    fleet_answers(answers, "acme")
    return keys


def test_at_most_eight_questions_are_asked_each_of_them_a_flag() -> None:
    most = asked({"forge": "gitlab", "secrets": "sops"})
    assert most == [
        "name",
        "forge",
        "project",
        "environment",
        "topology",
        "domain",
        "secrets",
        "age-recipient",
    ]
    assert set(most) <= KEYS.keys()
    assert asked({}) == [each for each in most if each not in {"project", "age-recipient"}]


def test_what_is_answered_is_not_asked() -> None:
    given = {key: Given((text,)) for key, text in {"name": "a", "forge": "local"}.items()}
    assert "name" not in [question.key for question in open_questions(given, "acme")]
    everything = {key: Given(("x",)) for key in KEYS}
    assert list(open_questions(everything, "acme")) == []


@pytest.mark.parametrize(
    ("key", "wrong", "message", "right"),
    [
        ("domain", "operator", "'operator' is no domain; write it as shop", "shop.example"),
        ("project", "a b/c", "'a b/c' is no project; write its path", "platform/team/fleet"),
    ],
)
def test_a_question_asks_again_rather_than_all_of_them(
    key: str, wrong: str, message: str, right: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(key, Given((wrong,)))
    assert message in str(caught.value)
    checked(key, Given((right,)))

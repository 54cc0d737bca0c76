"""Answers about an app as they are given, as texts by the names of their flags."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from gitops.errors import InvalidInput
from gitops.scaffold.answers.app import AppAnswers
from gitops.scaffold.answers.app_config import Chart, Secrets, secret_use, variable
from gitops.scaffold.answers.app_options import (
    Autoscaler,
    Database,
    Expose,
    Extra,
    Migrations,
    Preset,
    Probe,
    Size,
    Store,
    Strategy,
    Tls,
    Tracing,
    app_kind,
)
from gitops.scaffold.answers.app_traffic import Traffic, egress
from gitops.scaffold.answers.app_trigger import trigger
from gitops.scaffold.answers.app_workload import Scaling, Workload, bounds, volume
from gitops.scaffold.answers.given import by_environment, pair
from gitops.scaffold.answers.names import ALL, choice

Flags = Mapping[str, str | Sequence[str] | int | bool | None]
"""By the flag's name without its dashes; None and () for one that was not given."""

_Choice = TypeVar("_Choice", bound=StrEnum)

_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)


def app_answers(flags: Flags) -> AppAnswers:
    """What was given as `AppAnswers`; the flags name, team, kind, preset, strategy, tag, port are.

    Raises:
        InvalidInput: an answer that is none, or answers that do not go together.
    """
    one = _Given(flags)
    return AppAnswers(
        name=one.text("name") or "",
        team=one.text("team") or "",
        images=one.many("image"),
        source=one.text("source"),
        range=one.text("range"),
        tag=one.text("tag") or "{tag}",
        build=one.text("build"),
        port=one.number("port") or 0,
        kind=app_kind(one.text("kind") or "kustomize"),
        versions=by_environment("version", one.many("version")),
        workload=_workload(one),
        scaling=_scaling(one),
        traffic=_traffic(one),
        metrics=one.flag("metrics"),
        metrics_port=one.number("metrics-port"),
        tracing=one.choice("tracing", Tracing),
        variables=tuple(map(variable, one.many("env"))),
        secrets=Secrets(one.choice("secrets", Store), tuple(map(secret_use, one.many("secret")))),
        database=one.choice("database", Database),
        migrations=one.choice("migrations", Migrations),
        migration_command=one.words("migration-command"),
        smoke=one.flag("smoke"),
        smoke_paths=one.many("smoke-path"),
        rights=one.flag("rights"),
        roles={e: _arn(text) for e, text in one.pairs("irsa").items()},
        extras=tuple(_chosen("component", Extra, text) for text in one.many("component")),
        chart=_chart(one),
    )


@dataclass(frozen=True, slots=True)
class _Given:
    flags: Flags

    def text(self, key: str) -> str | None:
        found = self.flags.get(key)
        return found if isinstance(found, str) else None

    def many(self, key: str) -> tuple[str, ...]:
        found = self.flags.get(key)
        return tuple(found) if isinstance(found, Sequence) and not isinstance(found, str) else ()

    def one_of(self, key: str) -> str | None:
        """What was given once at most, whether it was taken as a list or not."""
        found = tuple(filter(None, [self.text(key)])) or self.many(key)
        if len(found) > 1:
            told = " and ".join(f"--{key} {each}" for each in found)
            raise InvalidInput(f"{told} cannot both be meant", f"keep one --{key}")
        return found[0] if found else None

    def number(self, key: str) -> int | None:
        found = self.flags.get(key)
        return found if isinstance(found, int) else None

    def flag(self, key: str) -> bool:
        return self.flags.get(key) is True

    def choice(self, key: str, kind: type[_Choice]) -> _Choice | None:
        text = self.text(key)
        return None if text is None else _chosen(key, kind, text)

    def words(self, key: str) -> tuple[str, ...]:
        """A command's words, as a shell would take them apart."""
        try:
            return tuple(shlex.split(self.text(key) or ""))
        except ValueError as error:
            told = f"--{key} {self.text(key)} is no command"
            raise InvalidInput(told, "close its quotes") from error

    def pairs(self, key: str) -> dict[str, str]:
        """`ENV=VALUE` by environment, one for each."""
        found: dict[str, str] = {}
        for text in self.many(key):
            environment, value = pair(key, text)
            if environment in found:
                told = f"--{key} is given twice for {environment}"
                raise InvalidInput(told, "give it once")
            found[environment] = value
        return found


def _chosen(key: str, kind: type[_Choice], text: str) -> _Choice:
    return choice(kind, text, f"--{key} {text} is not known")


def _workload(one: _Given) -> Workload:
    return Workload(
        preset=one.choice("preset", Preset) or Preset.GENERIC,
        size=one.choice("size", Size),
        probe=one.choice("probe", Probe),
        live=one.text("live"),
        ready=one.text("ready"),
        probe_command=one.words("probe-command"),
        command=one.words("command"),
        schedule=one.text("schedule"),
        strategy=one.choice("strategy", Strategy) or Strategy.ROLLING_UPDATE,
        log_parser=one.text("log-parser"),
        volumes=tuple(map(volume, one.many("volume"))),
    )


def _scaling(one: _Given) -> Scaling:
    replicas = {}
    for environment, text in one.pairs("replicas").items():
        if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
            raise InvalidInput(f"{text!r} is no number of pods", "write --replicas prod=3")
        replicas[environment] = int(text)
    found: dict[str, tuple[int, int]] = {}
    for text in one.many("scale"):
        environment, equals, said = text.rpartition("=")
        if (environment if equals else ALL) in found:
            raise InvalidInput(f"--scale {text} says again how many", "give it once")
        found[environment if equals else ALL] = bounds(said)
    kind = one.one_of("autoscale")
    scaler = None if kind is None else _chosen("autoscale", Autoscaler, kind)
    asked = trigger(one.words("trigger"), one.many("trigger-auth"))
    return Scaling(replicas, scaler, found, asked)


def _traffic(one: _Given) -> Traffic:
    labels = [text for text in one.many("host") if "=" not in text]
    if len(labels) > 1:
        told = f"--host {labels[0]} and --host {labels[1]} are for every environment"
        raise InvalidInput(told, "write --host ENV=HOST for each that differs")
    hosts: dict[str, str] = {}
    for text in one.many("host"):
        if "=" in text:
            environment, host = pair("host", text)
            hosts[environment] = host
    return Traffic(
        closed=not one.flag("open"),
        allow_from=one.many("allow-from"),
        egress=tuple(map(egress, one.many("egress"))),
        expose=one.choice("expose", Expose),
        host=labels[0] if labels else None,
        hosts=hosts,
        annotations=_annotations(one.many("annotation")),
        tls=one.choice("tls", Tls) or Tls.CERT_MANAGER,
    )


def _annotations(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            hint = "write --annotation external-dns.alpha.kubernetes.io/ttl=60"
            raise InvalidInput(f"--annotation {text} is not KEY=VALUE", hint)
        if key in found:
            raise InvalidInput(f"--annotation {key} is given twice", "give it once")
        found[key] = value
    return found


def _chart(one: _Given) -> Chart | None:
    name = one.text("chart")
    for key in ("repository", "chart-version", "chart-test"):
        if name is None and (one.text(key) is not None or one.flag(key)):
            raise InvalidInput(f"--{key} goes with --chart", "add it, or leave both out")
    if name is None:
        return None
    tested = one.flag("chart-test")
    return Chart(name, one.text("repository"), one.text("chart-version"), tested=tested)


def _arn(text: str) -> str:
    if not _ARN.fullmatch(text):
        hint = "write --irsa prod=arn:aws:iam::123456789012:role/payments"
        raise InvalidInput(f"{text!r} is no role of AWS", hint)
    return text

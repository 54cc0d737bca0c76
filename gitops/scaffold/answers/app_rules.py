"""Answers about an app that do not go together."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gitops.errors import InvalidInput
from gitops.scaffold.answers.app_chart_rules import CHART_RULES
from gitops.scaffold.answers.app_options import (
    Database,
    Expose,
    Extra,
    Preset,
    Probe,
    Strategy,
)

if TYPE_CHECKING:
    from gitops.scaffold.answers.app import AppAnswers

_PATH = re.compile(r"/[\w./~?=&%+-]*", re.ASCII)


def refuse_together(answers: "AppAnswers") -> None:
    """Refuse answers of which each could stand alone.

    Raises:
        InvalidInput: the first of what is wrong.
    """
    rules = (
        *CHART_RULES,
        _of_preset,
        _of_cron_and_metrics,
        _of_what_keeps,
        _of_tls,
        _of_data,
        _of_smoke,
        _of_trigger,
    )
    for rule in rules:
        for wrong, told, hint in rule(answers):
            if wrong:
                raise InvalidInput(told, hint)


def _of_preset(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    work, traffic = answers.workload, answers.traffic
    preset = work.preset
    mute = not preset.serves
    yield (
        mute and traffic.expose is not None,
        f"an app of the preset {preset} listens nowhere, so nothing can be exposed",
        "leave out --expose",
    )
    yield (
        mute and bool(traffic.allow_from),
        f"an app of the preset {preset} listens nowhere, so nobody calls it",
        "leave out --allow-from",
    )
    yield (
        mute and work.strategy is Strategy.CANARY,
        f"an app of the preset {preset} has no Service, so there is no traffic to move",
        "leave out --strategy Canary",
    )
    yield (
        work.strategy is Strategy.CANARY and traffic.expose is Expose.LOAD_BALANCER,
        "Flagger makes the Services of a canary, and none of them is a load balancer",
        "say --expose ingress or httproute, or another --strategy",
    )
    yield (
        work.strategy is Strategy.CANARY
        and traffic.expose is Expose.HTTP_ROUTE
        and bool(traffic.annotations),
        "Flagger makes the route of a canary, and an annotation would be lost",
        "leave out --annotation, or say another --strategy",
    )
    yield (
        work.strategy is Strategy.CANARY and not answers.metrics,
        "a canary is judged by the app's metrics, and it has none",
        "add --metrics",
    )
    yield (
        mute and work.probe in {Probe.HTTP, Probe.TCP, Probe.GRPC} and not answers.metrics,
        f"an app of the preset {preset} has no port for --probe {work.probe}",
        "write --probe exec, or add --metrics for a port",
    )


def _of_cron_and_metrics(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    work, preset = answers.workload, answers.workload.preset
    cron = preset is Preset.CRON
    yield (
        cron and (answers.scaling.autoscaler is not None or bool(answers.scaling.replicas)),
        "a CronJob has one pod each time",
        "leave out --autoscale and --replicas",
    )
    yield (
        preset in {Preset.CRON, Preset.STATIC} and answers.metrics,
        f"an app of the preset {preset} has no metrics of its own",
        "leave out --metrics",
    )
    yield (
        answers.metrics_port is not None and not answers.metrics,
        "--metrics-port goes with --metrics",
        "add it, or leave both out",
    )
    recreate = work.strategy is Strategy.RECREATE
    yield (
        recreate and (answers.scaling.autoscaler is not None or bool(answers.scaling.replicas)),
        "with --strategy Recreate there is one pod: two never run at once",
        "leave out --replicas and --autoscale",
    )
    yield (
        cron and Extra.SPOT in answers.extras,
        "the component spot is for Deployments",
        "leave out --component spot",
    )


def _of_what_keeps(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    work = answers.workload
    if not work.preset.keeps:
        return
    yield (
        work.strategy is not Strategy.ROLLING_UPDATE,
        f"a StatefulSet has no strategy {work.strategy}: its pods are replaced one after the other",
        "leave out --strategy",
    )
    yield (
        answers.scaling.autoscaler is not None,
        "a pod of a StatefulSet has data of its own, which no autoscaler moves",
        "write --replicas in place of --autoscale",
    )
    yield (
        len(answers.images) > 1,
        "a StatefulSet is one image's",
        "add an app of its own for each of the others",
    )
    unfit = sorted({Extra.SPOT, Extra.MTLS} & {*answers.extras})
    yield (
        bool(unfit),
        f"the component {unfit[0] if unfit else ''} is for Deployments",
        f"leave out --component {unfit[0] if unfit else ''}",
    )


def _of_tls(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    if Extra.MTLS not in answers.extras:
        return
    work = answers.workload
    yield (
        not work.preset.serves or answers.chart is not None,
        "there is no Service of ours that mtls-nginx could stand before",
        "leave out --component mtls-nginx",
    )
    yield (
        answers.traffic.expose is not None or work.strategy is Strategy.CANARY,
        "behind mtls-nginx nobody gets in without a certificate: no gateway and no canary",
        "leave out --component mtls-nginx, or --expose and --strategy",
    )
    yield (
        answers.port != 8080,
        "mtls-nginx hands on to port 8080",
        "let the app listen there, or copy the component",
    )
    yield (
        Extra.MESH in answers.extras,
        "the mesh has mutual TLS already",
        "leave out --component mtls-nginx",
    )
    yield (
        any(each.name == "mtls" for each in answers.secrets.uses),
        "the Secret mtls is that of the certificate",
        "give yours another name",
    )


def _of_data(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    external = answers.database is Database.EXTERNAL
    named = {each.name for each in answers.traffic.egress}
    yield (
        external and answers.secrets.store is None,
        "nothing says where the address and the password of the database are kept",
        "add --secrets STORE and --secret NAME=DATABASE_URL",
    )
    yield (
        external and answers.traffic.closed and "database" not in named,
        "the app may not call its database",
        "add --egress database=10.0.0.0/8:5432, with the database's network",
    )
    yield (
        answers.database is Database.CNPG and "database" in named,
        "the database is in the app's namespace, and is allowed already",
        "give that --egress another name",
    )
    yield (
        answers.tracing is not None and "tracing" in named,
        f"{answers.tracing} takes the traces, and is allowed already",
        "give that --egress another name",
    )
    yield (
        answers.migrations is not None and not answers.migration_command,
        "nothing says how the database is migrated",
        "add --migration-command 'python manage.py migrate', for example",
    )
    yield (
        answers.migrations is None and bool(answers.migration_command),
        "--migration-command goes with --migrations",
        "add --migrations pre or post",
    )
    taken = {f"{answers.name}-database", f"{answers.name}-tls"}
    clash = sorted(taken & {each.name for each in answers.secrets.uses})
    yield (
        bool(clash) and not external,
        f"the Secret {clash[0] if clash else ''} is made by the platform",
        "give yours another name",
    )


def _of_smoke(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    preset, probe = answers.workload.preset, answers.workload.probe
    yield (
        bool(answers.smoke_paths) and not answers.smoke,
        "--smoke-path goes with --smoke",
        "add it, or leave both out",
    )
    yield (
        answers.smoke and not preset.serves,
        f"an app of the preset {preset} has no Service that --smoke could ask",
        "leave out --smoke",
    )
    pathless = not (answers.workload.live or answers.workload.ready)
    other = preset.keeps and probe is None and pathless
    yield (
        answers.smoke and (probe not in {Probe.HTTP, None} or other),
        f"--smoke asks by HTTP, and the app is probed by {probe or Probe.TCP}",
        "leave out --smoke, or write --live and --ready in place of --probe",
    )
    yield (
        answers.smoke and Extra.MTLS in answers.extras,
        "behind mtls-nginx nobody gets in without a certificate, and --smoke has none",
        "leave out --smoke",
    )
    wrong = [each for each in answers.smoke_paths if not _PATH.fullmatch(each)]
    yield (
        bool(wrong),
        f"{wrong[0] if wrong else ''!r} is no path that --smoke could ask for",
        "write it as /configs",
    )


def _of_trigger(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    asked = answers.scaling.trigger
    known = {each.name: each.keys for each in answers.secrets.uses}
    if answers.database is Database.CNPG:
        known[f"{answers.name}-database-app"] = ()
    for each in asked.credentials if asked is not None else ():
        yield (
            each.secret not in known,
            f"--trigger-auth takes {each.parameter} from {each.secret}, which is no Secret here",
            f"add --secret {each.secret}={each.key}, or name one of those that there are",
        )
        keys = known.get(each.secret, ())
        yield (
            bool(keys) and each.key not in keys,
            f"--trigger-auth asks for {each.key} of {each.secret}, which has {', '.join(keys)}",
            "correct the key, or name it with the Secret",
        )

"""`add app`: an app, with all that can be said of it."""

import sys
from typing import Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say

Several = list[str] | None


def add_app(
    name: Annotated[str, typer.Argument(help="The app's name.")],
    team: Annotated[str, typer.Option(help="Who owns the app.")],
    image: Annotated[Several, typer.Option(help="An image repository; repeatable.")] = None,
    source: Annotated[str | None, typer.Option(help="The URL of the app's git repository.")] = None,
    versions: Annotated[
        str | None, typer.Option("--range", help="Without a source: what to follow, as >=1.0.0.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="generic, python-wsgi, jvm, node, static, worker, cron or stateful.")
    ] = "generic",
    size: Annotated[
        str | None, typer.Option(help="xs, s, m, l or xl. [default: the preset's]")
    ] = None,
    port: Annotated[int, typer.Option(help="The port that the containers listen on.")] = 8080,
    version: Annotated[
        Several,
        typer.Option(
            metavar="ENV=VERSION",
            help="What runs already: TAG, TAG@DIGEST or IMAGE=TAG@DIGEST; repeatable.",
        ),
    ] = None,
    allow_from: Annotated[
        Several, typer.Option(metavar="APP", help="An app that may call it; repeatable.")
    ] = None,
    egress: Annotated[
        Several,
        typer.Option(
            metavar="NAME=TARGET:PORT",
            help="What it may call: APP, NAMESPACE/APP or CIDR, and the pods' port; repeatable.",
        ),
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="No NetworkPolicies: everybody calls everybody.")
    ] = False,
    expose: Annotated[
        str | None, typer.Option(help="ingress, httproute or load-balancer; needs --host.")
    ] = None,
    host: Annotated[
        Several,
        typer.Option(metavar="HOST", help="LABEL before each domain, or ENV=HOST; repeatable."),
    ] = None,
    annotation: Annotated[
        Several,
        typer.Option(metavar="KEY=VALUE", help="Of what exposes it, as for a CDN; repeatable."),
    ] = None,
    tls: Annotated[
        str | None,
        typer.Option(help="Of an Ingress: cert-manager, acm or both. [default: cert-manager]"),
    ] = None,
    replicas: Annotated[
        Several, typer.Option(metavar="ENV=N", help="How many pods; repeatable. [default: 2]")
    ] = None,
    autoscale: Annotated[Several, typer.Option(metavar="KIND", help="hpa or keda.")] = None,
    scale: Annotated[
        Several, typer.Option(metavar="MIN-MAX", help="Its bounds, or ENV=MIN-MAX; repeatable.")
    ] = None,
    trigger: Annotated[
        str | None,
        typer.Option(metavar="'SCALER KEY=VALUE ...'", help="What KEDA goes by. [default: CPU]"),
    ] = None,
    trigger_auth: Annotated[
        Several,
        typer.Option(metavar="PARAMETER=SECRET/KEY", help="What its scaler logs in with."),
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="RollingUpdate, Recreate or Canary.")
    ] = "RollingUpdate",
    probe: Annotated[str | None, typer.Option(help="http, tcp, grpc or exec.")] = None,
    live: Annotated[str | None, typer.Option(help="The path of its livenessProbe.")] = None,
    ready: Annotated[str | None, typer.Option(help="The path of its readinessProbe.")] = None,
    probe_command: Annotated[str | None, typer.Option(help="What --probe exec runs.")] = None,
    command: Annotated[
        str | None, typer.Option(help="What the containers run. [default: the preset's, or theirs]")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="When a cron runs, in UTC, as '0 3 * * *'.")
    ] = None,
    volume: Annotated[
        Several,
        typer.Option(metavar="NAME=/PATH:SIZE", help="What outlives its pod; repeatable."),
    ] = None,
    env: Annotated[
        Several, typer.Option(metavar="KEY=VALUE", help="Or ENV:KEY=VALUE; repeatable; no secrets.")
    ] = None,
    secrets: Annotated[
        str | None, typer.Option(help="sops, external-secrets, sealed-secrets or vault.")
    ] = None,
    secret: Annotated[
        Several,
        typer.Option(metavar="NAME[=KEY,KEY]", help="A Secret that it sees, or keys; repeatable."),
    ] = None,
    database: Annotated[str | None, typer.Option(help="external or cnpg.")] = None,
    migrations: Annotated[str | None, typer.Option(help="pre or post.")] = None,
    migration_command: Annotated[str | None, typer.Option(help="What migrates.")] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="Scrape its metrics.")] = False,
    metrics_port: Annotated[
        int | None, typer.Option(help="Where they are. [default: the preset's]")
    ] = None,
    tracing: Annotated[
        str | None, typer.Option(help="Who takes its traces: jaeger or tempo.")
    ] = None,
    log_parser: Annotated[
        str | None, typer.Option(help="How Fluent Bit reads its logs: json, logfmt, nginx, ...")
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="A Job that asks its Service after each release.")
    ] = False,
    smoke_path: Annotated[
        Several,
        typer.Option(metavar="PATH", help="What it asks for; repeatable. [default: / and --live]"),
    ] = None,
    rights: Annotated[
        bool, typer.Option("--rights", help="A Role for its ServiceAccount, and the token.")
    ] = False,
    irsa: Annotated[
        Several, typer.Option(metavar="ENV=ARN", help="The role that it has in AWS; repeatable.")
    ] = None,
    component: Annotated[
        Several, typer.Option(help="spot, goldilocks, mesh or mtls-nginx; repeatable.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="How its manifests are written: kustomize, helm or oci-chart.")
    ] = "kustomize",
    chart: Annotated[
        str | None, typer.Option(help="The chart: its name, or oci://REGISTRY/CHART.")
    ] = None,
    repository: Annotated[str | None, typer.Option(help="The chart's repository.")] = None,
    chart_version: Annotated[
        str | None, typer.Option(help="The chart's version, where the image is released.")
    ] = None,
    chart_test: Annotated[
        bool, typer.Option("--chart-test", help="The chart's own tests decide about a release.")
    ] = False,
    tag: Annotated[str, typer.Option(help="The image tag of a git tag, a template.")] = "{tag}",
    build: Annotated[
        str | None,
        typer.Option(help="That of a branch build. [default: main-{sha:7}-{timestamp:...}]"),
    ] = None,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add an app to every environment: unreleased and suspended, or at a version given."""
    from gitops.directory import read_directory
    from gitops.scaffold import add_app as added
    from gitops.scaffold.answers.app_given import app_answers
    from gitops.scaffold.needs import unmet
    from gitops.scaffold.record import Unit, recorded

    told = {
        "name": name,
        "team": team,
        "image": image,
        "source": source,
        "range": versions,
        "preset": preset,
        "size": size,
        "port": port,
        "version": version,
        "allow-from": allow_from,
        "egress": egress,
        "open": open_,
        "expose": expose,
        "host": host,
        "annotation": annotation,
        "tls": tls,
        "replicas": replicas,
        "autoscale": autoscale,
        "scale": scale,
        "trigger": trigger,
        "trigger-auth": trigger_auth,
        "strategy": strategy,
        "probe": probe,
        "live": live,
        "ready": ready,
        "probe-command": probe_command,
        "command": command,
        "schedule": schedule,
        "volume": volume,
        "env": env,
        "secrets": secrets,
        "secret": secret,
        "database": database,
        "migrations": migrations,
        "migration-command": migration_command,
        "metrics": metrics,
        "metrics-port": metrics_port,
        "tracing": tracing,
        "log-parser": log_parser,
        "smoke": smoke,
        "smoke-path": smoke_path,
        "rights": rights,
        "irsa": irsa,
        "component": component,
        "kind": kind,
        "chart": chart,
        "repository": repository,
        "chart-version": chart_version,
        "chart-test": chart_test,
        "tag": tag,
        "build": build,
    }
    answers = app_answers(told)
    old = read_directory(path)
    new = recorded(old, added(old, answers), Unit("app", name), told)
    needs = list(unmet(old, answers)) if new != old else []
    for each in needs:
        say(f"note: {each}", sys.stderr)
    deliver(path, old, new, dry_run=dry_run, json=json, told={"needs": needs})

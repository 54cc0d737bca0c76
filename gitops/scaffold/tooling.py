"""What people use on a fleet: make, direnv, asdf, sops, and what git shall not keep."""

from gitops.document import Address
from gitops.scaffold.answers.fleet import FleetAnswers, Secrets
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.cluster import Files, shared_path
from gitops.scaffold.local_cluster import smokes
from gitops.scaffold.placement import SOPS_FILE
from gitops.scaffold.template import filled, template, worded


def tooling_files(answers: FleetAnswers) -> Files:
    """The files that belong to no cluster and to no app."""
    encrypted = answers.secrets is Secrets.SOPS
    smoke = template("local/makefile") if smokes(answers) else b""
    yield "Makefile", template("tooling/makefile") + smoke
    yield ".gitignore", template("tooling/gitignore")
    more = template("tooling/tool-versions-sops") if encrypted else b""
    yield ".tool-versions", template("tooling/tool-versions") + more
    for environment in answers.environments:
        words = {
            "ENVIRONMENT": environment,
            "DIRECTORIES": " ".join(cluster_directories(answers, environment)),
        }
        yield f"env/{environment}/.envrc", worded("tooling/envrc", words)
    if encrypted:
        yield SOPS_FILE, _sops(answers)


def cluster_directories(answers: FleetAnswers, environment: str) -> tuple[str, ...]:
    """The directories of an environment's clusters."""
    if answers.shared:
        return (shared_path(answers, environment),)
    clusters = answers.clusters_of(environment)
    return tuple(f"clusters/{environment}/{cluster}" for cluster in clusters)


def _sops(answers: FleetAnswers) -> bytes:
    """A rule for each environment; what they share is encrypted for the keys of them all."""
    rules = {e: tuple(answers.age_recipients[e]) for e in answers.environments}
    if answers.shared:
        rules[SHARED] = tuple(dict.fromkeys(key for keys in rules.values() for key in keys))
    values: dict[Address, str] = {}
    for index, (environment, recipients) in enumerate(rules.items()):
        rule: Address = ("creation_rules", index)
        below = f"(envs|clusters)/{environment}"
        values[*rule, "path_regex"] = rf"(^|/){below}/.*\.sops\.yaml$"
        values[*rule, "age"] = ",".join(recipients)
    return filled("tooling/sops.yaml", values, grown={("creation_rules",): len(rules)})

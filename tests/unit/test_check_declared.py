"""What `check` says of a fleet's objects, and what it keeps silent about."""

import pytest

from gitops.check import findings
from gitops.check.applied import seconds
from gitops.check.charts import RETIRED
from gitops.check.declared import Declared
from gitops.fleet import Fleet
from gitops.scaffold.catalog import State, catalog
from gitops.tree import Tree
from tests.faults.flux import CLUSTER, FLUX, NEW, SERVICE, given, release, source
from tests.faults.planting import Files, beyond, edited, planted

LISTED = f"{CLUSTER}/apps/redis"
UNRETRIED = release(retried="uninstall") + source()
RETRY = """patches:
  - target: {kind: HelmRelease%s}
    patch: |
      - op: add
        path: /spec/upgrade
        value: {strategy: {name: RetryOnFailure}}
"""


def codes(files: Files) -> set[str]:
    return {each.code for each in beyond(files)}


def listed(patches: str) -> Files:
    """A release without retries, from a kustomization.yaml with these patches."""
    kustomization = (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources:\n  - release.yaml\n{patches}"
    )
    return {
        f"{LISTED}/release.yaml": UNRETRIED.encode(),
        f"{LISTED}/kustomization.yaml": kustomization.encode(),
    }


def declared(files: Files) -> Declared:
    return Declared.of(Fleet.read(planted(files)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1h", 3600.0), ("1m0s", 60.0), ("90s", 90.0), ("1h30m", 5400.0), ("500ms", 0.5)],
)
def test_durations_are_gos(written: str, expected: float) -> None:
    assert seconds(written) == expected


@pytest.mark.parametrize("written", ["", "1", "1d", "1h ", "h", None, 60, "${INTERVAL}"])
def test_what_is_no_duration_is_none(written: object) -> None:
    assert seconds(written) is None


def test_a_missing_field_is_not_told_where_a_patch_may_write_it() -> None:
    assert codes(listed("")) == {"FL315"}
    assert codes(listed(RETRY % ", name: web")) >= {"FL315"}
    assert "FL315" not in codes(listed(RETRY % ", name: redis"))
    assert "FL315" not in codes(listed(RETRY % ", name: re.*"))
    assert "FL315" not in codes(listed(RETRY % ""))


def test_a_patch_of_another_field_hides_nothing() -> None:
    elsewhere = RETRY.replace("/spec/upgrade", "/spec/timeout")
    elsewhere = elsewhere.replace("{strategy: {name: RetryOnFailure}}", "10m")
    assert "FL315" in codes(listed(elsewhere % ""))


def test_a_patch_that_flux_patches_into_kustomizations_counts_too() -> None:
    inner = """          patches:
            - target: {kind: HelmRelease}
              patch: |
                - op: add
                  path: /spec/upgrade
                  value: {strategy: {name: RetryOnFailure}}
"""
    waits = "          wait: true\n"
    apps = edited(f"{CLUSTER}/apps.yaml", (waits, waits + inner))
    assert codes(given(UNRETRIED)) == {"FL315"}
    assert "FL315" not in codes({**given(UNRETRIED), **apps})


def test_a_missing_source_is_not_told_where_others_may_bring_it() -> None:
    other_repository = ("    name: flux-system\n  postBuild", "    name: other\n  postBuild")
    elsewhere = edited(FLUX, ("name: payments", "name: more"), other_repository)
    missing = given(release())
    assert codes(missing) == {"FL301"}
    other = source(name="other").replace("kind: OCIRepository", "kind: GitRepository")
    beside = {f"{CLUSTER}/apps/other.yaml": elsewhere[FLUX] + other.encode()}
    assert "FL301" not in codes({**missing, **beside})


def test_a_variable_in_an_object_that_wants_none_filled_in_is_not_told() -> None:
    annotation = "metadata:\n  annotations:\n    run: echo ${HOME}\n"
    out = f"{annotation}    kustomize.toolkit.fluxcd.io/substitute: disabled\n"
    assert codes(edited(SERVICE, ("metadata:\n", annotation))) == {"FL313"}
    assert codes(edited(SERVICE, ("metadata:\n", out))) == set()


def test_variables_of_a_secret_are_nobodys_business_here() -> None:
    annotation = "metadata:\n  annotations:\n    run: echo ${HOME}\n"
    secret = "    substituteFrom:\n      - kind: Secret\n        name: passwords\n"
    files = dict(edited(SERVICE, ("metadata:\n", annotation)))
    for environment in ("dev/dev-1", "stage/stage-1", "prod/prod-1"):
        path = f"clusters/{environment}/apps/payments.yaml"
        files |= edited(path, ("    substituteFrom:\n", secret))
    assert codes(files) == set()


def test_a_circle_is_told_once() -> None:
    text = "".join(
        release(f"  dependsOn: [{{name: {after}}}]\n").replace(
            "name: redis\n  name", f"name: {name}\n  name"
        )
        for name, after in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    found = [each for each in beyond(given(text + source())) if each.code == "FL303"]
    assert [each.message for each in found] == ["HelmRelease a waits for itself: a -> b -> c -> a"]


def test_an_app_that_waits_for_its_first_release_is_not_told_to_be_suspended() -> None:
    asleep = edited(FLUX, ("suspend: false", "suspend: true"))
    version = "apps/payments/envs/dev/version/kustomization.yaml"
    assert codes(asleep) == {"FL317"}
    assert "FL317" not in codes(
        {**asleep, **edited(version, ("newTag: v1.0", "newTag: 0.0.0-unreleased"))}
    )


def test_objects_of_a_file_that_cannot_be_read_are_passed_over() -> None:
    assert NEW in declared(given(source())).manifests
    assert NEW not in declared(given(f"{source()}  broken: [\n")).manifests


def test_what_is_reached_by_nobody_is_passed_over() -> None:
    text = source("").encode()
    assert codes({NEW: text}) == {"FL308"}
    assert "FL308" not in {each.code for each in findings(Tree({**planted({"docs/a.yaml": text})}))}


def test_every_chart_that_the_catalogue_calls_retired_or_moved_is_told() -> None:
    components = catalog().components.values()
    gone = [each for each in components if each.state is not State.CURRENT]
    assert gone
    for component in gone:
        for chart in component.charts:
            where = chart.repository.partition("://")[2]
            assert (where, chart.name) in RETIRED or "bitnami" in where, component


def test_no_chart_that_the_catalogue_writes_is_called_retired() -> None:
    current = [each for each in catalog().components.values() if each.state is State.CURRENT]
    charts = {(c.repository.partition("://")[2], c.name) for each in current for c in each.charts}
    assert charts
    assert not charts & RETIRED.keys()

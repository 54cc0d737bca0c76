"""Fleet: which sites are a pin, what a pin says, and setting it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import EditRefused, InvalidInput
from gitops.fleet import Fleet, Pin, Pinned, Setting
from gitops.sites import Part
from gitops.tree import Tree, changes

DIGEST = "sha256:" + "a" * 64
NEW = "sha256:" + "b" * 64
IMAGE = "registry.example.com/shop/payments"
VERSION = "apps/payments/envs/{}/version.yaml"
PROD = VERSION.format("prod")

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
forge: {kind: local}
environments:
  - {name: prod, clusters: [eu], after: stage}
  - {name: stage, clusters: [one]}
"""


def app(name: str = "payments", *images: str) -> str:
    listed = "".join(f"  - image: {image}\n" for image in images or (IMAGE,))
    follow = "environments: {stage: {follow: {range: '>=1.0'}}}\n"
    return (
        "apiVersion: fairlead.dev/v1alpha1\nkind: App\n"
        f"name: {name}\nteam: shop\nartifacts:\n{listed}{follow}"
    )


def flux(path: str, name: str, suspend: str = "") -> str:
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec:\n  path: {path}\n{suspend}"
        "  sourceRef: {kind: GitRepository, name: flux-system}\n"
    )


def release(image: str, name: str = "payments", chart: str = "") -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec:\n{chart}  values:\n    image: {image}\n"
    )


def image(tag: str, digest: str | None = None, repository: str = IMAGE) -> str:
    rest = "" if digest is None else f", digest: '{digest}'"
    return f"{{repository: {repository}, tag: {tag}{rest}}}"


def files(**more: str) -> dict[str, str]:
    """A fleet with `payments` at v1.0 in prod and v1.1-rc.1 in stage."""
    tree = {"fleet.yaml": FLEET, "apps/payments/app.yaml": app()}
    for environment, cluster, tag in (("stage", "one", "v1.1-rc.1"), ("prod", "eu", "v1.0")):
        directory = f"apps/payments/envs/{environment}"
        ks = f"clusters/{environment}/{cluster}/apps/payments.yaml"
        tree[ks] = flux(f"./{directory}", "payments")
        tree[f"{directory}/kustomization.yaml"] = "resources: [../../base, version.yaml]\n"
        tree[f"{directory}/version.yaml"] = release(image(tag))
    tree["apps/payments/base/kustomization.yaml"] = "resources: [namespace.yaml]\n"
    tree["apps/payments/base/namespace.yaml"] = "kind: Namespace\n"
    return tree


def fleet(changed: dict[str, str] | None = None) -> Fleet:
    return Fleet.read(Tree.of(files() | (changed or {})))


def pin(found: Fleet, environment: str = "prod", name: str = "payments") -> Pin:
    read = found.pin(environment, name)
    assert read is not None
    return read


def problem(changed: dict[str, str], environment: str = "prod") -> str:
    return str(pin(fleet(changed), environment).problem)


def set_text(changed: dict[str, str], setting: Setting, path: str = PROD) -> str:
    found = fleet(changed)
    tree = found.set_pin("prod", "payments", [setting])
    assert set(changes(found.tree, tree)) <= {path}
    return tree[path].data.decode()


def test_environments_and_apps() -> None:
    found = fleet({"apps/broken/app.yaml": "kind: App\nnme: broken\n"})
    assert found.environments == ("stage", "prod")
    assert found.apps == ("payments",)
    assert found.pin("prod", "broken") is None
    assert found.pin("prod", "nobody") is None


def test_a_pin() -> None:
    read = pin(fleet())
    assert read.content == (Pinned(IMAGE, "v1.0", None),)
    assert [(site.path, site.part) for site in read.sites] == [(PROD, Part.TAG)]
    assert (read.problem, read.unreleased, read.takes_digest(IMAGE)) == (None, False, False)


def test_an_app_that_is_nowhere_has_no_pin() -> None:
    found = fleet({PROD: "kind: Namespace\n"})
    assert found.pin("prod", "payments") is None
    with pytest.raises(InvalidInput, match="has no version in prod"):
        found.set_pin("prod", "payments", [Setting(IMAGE, "v2", None)])


def test_sites_of_other_artifacts_and_unreached_files_are_in_no_pin() -> None:
    other = release(image("v9", repository="registry.example.com/shop/other"), "other")
    changed = {
        PROD: files()[PROD] + "---\n" + other,
        "apps/payments/old.yaml": release(image("v0")),
    }
    assert len(pin(fleet(changed)).sites) == 1


def test_every_place_of_a_pin_moves_together() -> None:
    text = release(image("v1.0")) + "---\n" + release(f"'{IMAGE}:v1.0'", "worker")
    expected = text.replace("v1.0", "v2.0")
    assert set_text({PROD: text}, Setting(IMAGE, "v2.0", None)) == expected


def test_places_that_disagree_are_a_problem() -> None:
    text = release(image("v1.0")) + "---\n" + release(f"'{IMAGE}:v0.9'", "worker")
    assert problem({PROD: text}).startswith(f"{PROD}:13:12: {IMAGE} has the tag v0.9 here and v1.0")


@pytest.mark.parametrize(
    "written",
    [
        image("v1.0", DIGEST),
        f"{{repository: {IMAGE}, tag: 'v1.0@{DIGEST}'}}",
        f"{IMAGE}:v1.0@{DIGEST}",
    ],
)
def test_tag_and_digest_move_together(written: str) -> None:
    changed = {PROD: release(written)}
    read = pin(fleet(changed))
    assert read.content == (Pinned(IMAGE, "v1.0", DIGEST),)
    assert read.takes_digest(IMAGE)
    expected = release(written.replace("v1.0", "v2.0").replace(DIGEST, NEW))
    assert set_text(changed, Setting(IMAGE, "v2.0", NEW)) == expected
    for half in (Setting(IMAGE, "v2.0", None), Setting(IMAGE, None, NEW)):
        with pytest.raises(InvalidInput, match="is pinned by a"):
            set_text(changed, half)


def test_an_empty_digest_takes_one() -> None:
    changed = {PROD: release(image("v1.0", ""))}
    assert pin(fleet(changed)).content == (Pinned(IMAGE, "v1.0", None),)
    assert pin(fleet(changed)).takes_digest(IMAGE)
    text = set_text(changed, Setting(IMAGE, "v2.0", NEW))
    assert f"tag: v2.0, digest: '{NEW}'" in text
    assert "tag: v2.0, digest: ''" in set_text(changed, Setting(IMAGE, "v2.0", None))


def test_a_digest_alone() -> None:
    changed = {PROD: release(f"{{repository: {IMAGE}, digest: '{DIGEST}'}}")}
    assert pin(fleet(changed)).content == (Pinned(IMAGE, None, DIGEST),)
    assert NEW in set_text(changed, Setting(IMAGE, "v2.0", NEW))


def test_a_place_with_room_for_a_tag_alone_takes_the_tag() -> None:
    text = set_text({}, Setting(IMAGE, "v2.0", NEW))
    assert "tag: v2.0}" in text
    assert NEW not in text


def test_a_repository_is_found_by_any_spelling() -> None:
    changed = {
        "apps/payments/app.yaml": app("payments", "shop/payments"),
        PROD: release(image("v1.0", repository="index.docker.io/shop/payments")),
    }
    assert pin(fleet(changed)).content == (Pinned("docker.io/shop/payments", "v1.0", None),)
    assert "tag: v2.0" in set_text(changed, Setting("docker.io/shop/payments", "v2.0", None))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Setting("registry.example.com/shop/other", "v2", None), "has no artifact"),
        (Setting(IMAGE, "v 2", None), "is no tag"),
        (Setting(IMAGE, f"v2@{NEW}", None), "is no tag"),
        (Setting(IMAGE, "v2", "sha256:12"), "is no digest"),
        (Setting(IMAGE, None, NEW), "is pinned by a tag"),
    ],
)
def test_settings_that_do_not_fit(setting: Setting, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        fleet().set_pin("prod", "payments", [setting])


def test_an_artifact_is_set_once() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        fleet().set_pin("prod", "payments", [Setting(IMAGE, "v2", None)] * 2)


def test_setting_what_is_there_changes_nothing() -> None:
    found = fleet()
    assert found.set_pin("prod", "payments", [Setting(IMAGE, "v1.0", None)]) == found.tree


def test_a_version_that_flux_fills_in_is_a_problem() -> None:
    changed = {PROD: release(image("'${TAG}'"))}
    assert "is filled in by Flux" in problem(changed)
    with pytest.raises(InvalidInput, match="filled in by Flux"):
        set_text(changed, Setting(IMAGE, "v2", None))


def test_a_site_that_cannot_be_edited_is_refused_with_its_place() -> None:
    changed = {PROD: release(image("&t v1.0")) + "    copy: *t\n"}
    with pytest.raises(EditRefused, match="shared") as caught:
        set_text(changed, Setting(IMAGE, "v2", None))
    assert str(caught.value).startswith(f"{PROD}:6:")


def test_a_shared_site_is_a_problem_with_the_path_of_inclusion_of_each() -> None:
    changed = {"apps/payments/base/namespace.yaml": release(image("v1.0"), "base")}
    text = problem(changed)
    assert text.startswith("apps/payments/base/namespace.yaml:6:")
    for step in (
        "stage by stage: cluster path clusters/stage/one",
        "prod by prod: cluster path clusters/prod/eu",
        "apps/payments/envs/prod/kustomization.yaml: resources -> apps/payments/base",
    ):
        assert step in text
    with pytest.raises(InvalidInput, match="is shared by"):
        fleet(changed).set_pin("prod", "payments", [Setting(IMAGE, "v2", None)])


def test_a_base_without_a_version_is_shared_by_all_and_no_site() -> None:
    changed = {"apps/payments/base/namespace.yaml": release(f"{{repository: {IMAGE}}}", "base")}
    assert pin(fleet(changed)).problem is None


def test_a_patch_takes_its_artifact_from_the_base() -> None:
    chart = "  chart: {spec: {version: 1.0.0}}\n"
    changed = {
        "apps/payments/base/namespace.yaml": release(f"{{repository: {IMAGE}}}"),
        "apps/payments/envs/prod/kustomization.yaml": (
            "resources: [../../base]\npatches: [{path: version.yaml}]\n"
        ),
        PROD: release("{tag: v1.0}", chart=chart),
    }
    assert pin(fleet(changed)).content == (Pinned(IMAGE, "v1.0", None),)
    assert "image: {tag: v2.0}" in set_text(changed, Setting(IMAGE, "v2.0", None))


def test_a_chart_is_an_artifact_by_its_name() -> None:
    changed = {
        "apps/payments/app.yaml": app("payments", "payments"),
        PROD: release("{}", chart="  chart: {spec: {chart: payments, version: 1.0.0}}\n"),
    }
    assert pin(fleet(changed)).content == (Pinned("payments", "1.0.0", None),)
    assert "version: 2.0.0" in set_text(changed, Setting("payments", "2.0.0", None))


def test_an_image_of_two_apps_belongs_to_the_directory_it_lies_in() -> None:
    changed = {"apps/refunds/app.yaml": app("refunds")}
    found = fleet(changed)
    assert pin(found).problem is None
    assert found.pin("prod", "refunds") is None


def test_an_image_of_two_apps_outside_their_directories_is_refused() -> None:
    changed = {
        "apps/refunds/app.yaml": app("refunds"),
        "clusters/prod/eu/extra.yaml": release(image("v1.0"), "extra"),
    }
    for name in ("payments", "refunds"):
        found = pin(fleet(changed), "prod", name).problem
        assert str(found).startswith("clusters/prod/eu/extra.yaml:6:")
        assert "is an image of payments and of refunds" in str(found)


def test_an_image_of_one_app_in_the_directory_of_another_is_the_other_ones() -> None:
    changed = {
        "apps/refunds/app.yaml": app("refunds", "registry.example.com/shop/refunds"),
        "apps/refunds/envs/prod/version.yaml": release(image("v0.1"), "proxy"),
        "clusters/prod/eu/apps/refunds.yaml": flux("apps/refunds/envs/prod", "refunds"),
    }
    assert [site.path for site in pin(fleet(changed)).sites] == [PROD]


def test_two_artifacts() -> None:
    job = "registry.example.com/shop/job"
    changed = {
        "apps/payments/app.yaml": app("payments", IMAGE, job),
        PROD: release(image("v1.0")) + "---\n" + release(image("v1.0", repository=job), "job"),
    }
    found = fleet(changed)
    assert [each.repository for each in pin(found).content] == [job, IMAGE]
    tree = found.set_pin("prod", "payments", [Setting(job, "v2.0", None)])
    assert pin(Fleet.read(tree)).content == (Pinned(job, "v2.0", None), Pinned(IMAGE, "v1.0", None))


def test_operators_stops_that_flux_reaches_are_a_problem() -> None:
    changed = {
        ".fairlead/holds/prod/payments.yaml": "a: 1\n",
        "clusters/prod/eu/all.yaml": flux("./.fairlead", "all"),
    }
    assert problem(changed).startswith(".fairlead/holds/prod/payments.yaml: is reached by Flux in")
    assert pin(fleet(changed), "stage").problem is None


def test_a_broken_file_is_the_problem_of_its_app_alone() -> None:
    changed = {
        "apps/refunds/app.yaml": app("refunds", "registry.example.com/shop/refunds"),
        "apps/refunds/envs/prod/version.yaml": "kind: HelmRelease\n  a: [\n",
        "clusters/prod/eu/apps/refunds.yaml": flux("apps/refunds/envs/prod", "refunds"),
        "clusters/prod/eu/apps/more.yaml": flux("apps/payments/more", "more"),
    }
    found = fleet(changed)
    assert str(pin(found, "prod", "refunds").problem).startswith("apps/refunds/envs/prod/version.y")
    assert found.pin("stage", "refunds") is None
    assert pin(found).problem is None


def test_a_kustomization_that_leaves_the_repository_is_the_problem_of_its_app() -> None:
    path = "apps/payments/envs/prod/kustomization.yaml"
    changed = {path: "resources: [version.yaml, ../../../../../x]\n"}
    assert problem(changed).startswith(f"{path}:1:27: resources: ../../../../../x lies outside")


UNRELEASED = {
    PROD: release(image("0.0.0-unreleased", "")),
    "clusters/prod/eu/apps/payments.yaml": flux(
        "apps/payments/envs/prod", "payments", "  suspend: true  # not released yet\n"
    ),
}


def test_an_unreleased_pin_and_its_first_promotion() -> None:
    found = fleet(UNRELEASED)
    read = pin(found)
    assert read.unreleased
    assert [site.part for site in read.sites] == [Part.TAG, Part.DIGEST, Part.SUSPEND]
    tree = found.set_pin("prod", "payments", [Setting(IMAGE, "v1.0", NEW)])
    ks = "clusters/prod/eu/apps/payments.yaml"
    assert set(changes(found.tree, tree)) == {PROD, ks}
    assert "  suspend: false  # not released yet\n" in tree[ks].data.decode()
    after = pin(Fleet.read(tree))
    assert not after.unreleased
    assert [site.part for site in after.sites] == [Part.TAG, Part.DIGEST]


def test_a_suspension_that_environments_share_is_a_problem() -> None:
    changed = {
        **UNRELEASED,
        "clusters/prod/eu/apps/payments.yaml": flux("shared/prod", "shared"),
        "clusters/stage/one/shared.yaml": flux("shared/stage", "shared"),
        "shared/prod/kustomization.yaml": (
            "resources: [../base]\n"
            "patches: [{patch: '[{op: add, path: /spec/path, value: apps/payments/envs/prod}]',"
            " target: {kind: Kustomization}}]\n"
        ),
        "shared/stage/kustomization.yaml": "resources: [../base]\n",
        "shared/base/kustomization.yaml": "resources: [ks.yaml]\n",
        "shared/base/ks.yaml": flux("nowhere", "payments", "  suspend: true\n"),
    }
    text = problem(changed)
    assert text.startswith(
        "shared/base/ks.yaml:6:12: the suspend true of Kustomization flux-system"
    )


def test_a_suspension_of_a_released_app_is_no_site() -> None:
    changed = {**UNRELEASED, PROD: release(image("v1.0"))}
    assert [site.part for site in pin(fleet(changed)).sites] == [Part.TAG]


def test_a_suspension_of_several_apps_is_nobodys_own() -> None:
    changed = {
        **UNRELEASED,
        "apps/refunds/app.yaml": app("refunds", "registry.example.com/shop/refunds"),
        "apps/payments/envs/prod/kustomization.yaml": "resources: [version.yaml, x.yaml]\n",
        "apps/payments/envs/prod/x.yaml": "kind: Namespace\n",
        "clusters/prod/eu/apps/payments.yaml": flux("apps", "all", "  suspend: true\n"),
        "apps/refunds/x.yaml": release(
            image("v1", repository="registry.example.com/shop/refunds"), "refunds"
        ),
    }
    assert Part.SUSPEND not in [site.part for site in pin(fleet(changed)).sites]


def test_an_unreleased_app_is_released_whole() -> None:
    job = "registry.example.com/shop/job"
    new = "0.0.0-unreleased"
    changed = {
        **UNRELEASED,
        "apps/payments/app.yaml": app("payments", IMAGE, job),
        PROD: release(image(new)) + "---\n" + release(image(new, repository=job), "job"),
    }
    with pytest.raises(InvalidInput, match="shop/job too"):
        fleet(changed).set_pin("prod", "payments", [Setting(IMAGE, "v1.0", None)])


TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
PLACES = [
    image("v1.0"),
    image("'v1.0'", DIGEST),
    f"{{repository: {IMAGE}, tag: 'v1.0@{DIGEST}'}}",
    f'"{IMAGE}:v1.0@{DIGEST}"',
    f"{IMAGE}:v1.0",
]


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3), TAGS)
def test_a_pin_says_what_it_was_set_to(places: list[str], tag: str) -> None:
    text = "---\n".join(release(each, f"r{index}") for index, each in enumerate(places))
    found = fleet({PROD: text})
    tree = found.set_pin("prod", "payments", [Setting(IMAGE, tag, NEW)])
    digest = NEW if any("sha256" in place for place in places) else None
    assert pin(Fleet.read(tree)).content == (Pinned(IMAGE, tag, digest),)
    again = Fleet.read(tree).set_pin("prod", "payments", [Setting(IMAGE, tag, NEW)])
    assert again == tree

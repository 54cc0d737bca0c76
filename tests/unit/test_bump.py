"""Moving a version: what a name means, what stands in each place, and what stops a bump."""

import pytest

from gitops.bump import Bump, bump
from gitops.errors import InvalidInput
from gitops.sites import ArtifactKind, survey
from gitops.tree import File, Mode, Tree

OLD, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64
COMMIT, OTHER = "a" * 40, "b" * 40

SOURCE = "apiVersion: source.toolkit.fluxcd.io/v1\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: NAME, namespace: shop}
spec: {chart: {spec: {chart: web, version: VERSION, sourceRef: {kind: HelmRepository, name: REPO}}}}
"""
REPOSITORY = SOURCE + (
    "kind: HelmRepository\nmetadata: {name: REPO, namespace: shop}\nspec: {url: 'URL'}\n"
)


def release(version: str = "1.0.0", name: str = "web", repository: str = "charts") -> str:
    told = RELEASE.replace("NAME", name).replace("VERSION", version)
    return told.replace("REPO", repository)


def repository(name: str, url: str) -> str:
    return REPOSITORY.replace("REPO", name).replace("URL", url)


def git(ref: str) -> str:
    return (
        SOURCE + f"kind: GitRepository\nmetadata: {{name: s}}\nspec: {{url: {URL}, ref: {ref}}}\n"
    )


URL = "https://git.example.com/shop/api.git"


def oci(ref: str, more: str = "") -> str:
    spec = f"spec: {{url: 'oci://ghcr.io/shop/web', ref: {ref}{more}}}\n"
    return SOURCE + f"kind: OCIRepository\nmetadata: {{name: o}}\n{spec}"


HELM = ", layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip}"


def instance(version: str) -> str:
    spec = f"spec: {{distribution: {{version: {version}}}}}\n"
    return f"apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\n{spec}"


def images(*entries: str) -> str:
    return "".join(["images:\n", *(f"  - {{name: shop/api, {entry}}}\n" for entry in entries)])


def done(name: str, version: str, **files: str) -> Bump:
    """A bump of files by their names without `.yaml`, held to what is always true of one."""
    return done_of(None, name, version, **files)


def done_of(kind: ArtifactKind | None, name: str, version: str, **files: str) -> Bump:
    tree = Tree.of({f"{path}.yaml": text for path, text in files.items()})
    found = bump(tree, name, version, kind)
    if found.refused:
        assert found.tree == tree
        assert not found.moved
    else:
        again = bump(found.tree, name, version, kind)
        assert (again.tree, again.moved, again.refused) == (found.tree, (), ())
    return found


def text(found: Bump, path: str) -> str:
    assert not found.refused
    return found.tree[f"{path}.yaml"].data.decode()


def refusals(found: Bump) -> list[str]:
    assert found.refused
    return [str(error) for error in found.refused]


def refused(name: str, version: str, **files: str) -> str:
    """The error of a bump that is not even tried."""
    with pytest.raises(InvalidInput) as caught:
        done(name, version, **files)
    return str(caught.value)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nginx", "library/nginx", "docker.io/nginx", "oci://nginx"])
@pytest.mark.parametrize("written", ["nginx", "docker.io/library/nginx", "index.docker.io/nginx"])
def test_an_image_has_many_spellings_and_keeps_its_own(name: str, written: str) -> None:
    found = done(name, "1.27", values=f"image: {written}:1.26\nother: {{image: nginx2:1.26}}\n")
    assert text(found, "values") == f"image: {written}:1.27\nother: {{image: nginx2:1.26}}\n"
    assert (found.artifact, found.kind) == ("docker.io/library/nginx", ArtifactKind.IMAGE)


@pytest.mark.parametrize(
    "name",
    [
        URL,
        "git.example.com/shop/api",
        "git@git.example.com:shop/api",
        "ssh://a@GIT.example.com/shop/api/",
    ],
)
def test_a_git_source_has_many_spellings(name: str) -> None:
    assert text(done(name, "v2", a=git("{tag: v1}")), "a") == git("{tag: v2}")


def test_a_chart_of_one_source_is_named_alone_or_with_it() -> None:
    files = {"a": release(), "b": repository("charts", "https://charts.example.com/all/")}
    for name in ("web", "https://charts.example.com/all/web", "charts.example.com/all/web"):
        assert text(done(name, "1.1.0", **files), "a") == release("1.1.0")
    assert "did you mean web (chart)?" in refused("other.example.com/web", "1.1.0", **files)


def test_a_chart_of_two_sources_has_to_be_named_with_one() -> None:
    files = {
        "a": release(),
        "b": release(name="other", repository="more"),
        "c": repository("charts", "https://charts.example.com"),
        "d": repository("more", "oci://ghcr.io/shop"),
    }
    said = refused("web", "1.1.0", **files)
    assert "2 sources" in said
    assert "name one of them: charts.example.com/web, ghcr.io/shop/web" in said
    found = done("ghcr.io/shop/web", "1.1.0", **files)
    assert (text(found, "a"), text(found, "b")) == (release(), release("1.1.0", "other", "more"))
    unknown = {"a": files["a"], "b": files["b"]}
    assert "shop/charts/web, shop/more/web" in refused("web", "1.1.0", **unknown)
    assert text(done("shop/charts/web", "1.1.0", **unknown), "a") == release("1.1.0")


def test_a_patch_is_of_the_source_of_what_it_patches() -> None:
    patch = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: NAME}\n"
        "spec: {chart: {spec: {chart: web, version: 1.0.0}}}\n"
    )
    files = {
        "a": release(),
        "b": release(name="other", repository="more"),
        "c": patch.replace("NAME", "web"),
        "d": patch.replace("NAME", "stray"),
    }
    found = done("shop/charts/web", "1.1.0", **files)
    assert [move.site.path for move in found.moved] == ["a.yaml", "c.yaml"]
    [unclear] = found.passed_over
    assert (unclear.place.path, "which source" in unclear.reason) == ("d.yaml", True)


def test_a_chart_in_a_registry_is_named_by_its_repository() -> None:
    files = {
        "a": oci("{tag: 1.0.0}", HELM),
        "b": release(),
        "c": repository("charts", "oci://ghcr.io/shop"),
    }
    found = done("ghcr.io/shop/web", "1.1.0", **files)
    assert text(found, "a") == oci("{tag: 1.1.0}", HELM)
    assert text(found, "b") == release("1.1.0")
    assert [move.site.path for move in done("web", "1.1.0", **files).moved] == ["b.yaml"]


def test_a_name_of_two_kinds_wants_one() -> None:
    files = {"a": release(), "values": "image: web:1.0.0\n"}
    said = refused("web", "1.1.0", **files)
    assert "is a chart (1) and an image (1) here" in said
    assert "write --kind chart or --kind image" in said
    assert text(done_of(ArtifactKind.CHART, "web", "1.1.0", **files), "a") == release("1.1.0")
    found = done_of(ArtifactKind.IMAGE, "web", "1.1.0", **files)
    assert (text(found, "values"), text(found, "a")) == ("image: web:1.1.0\n", release())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("api", "did you mean docker.io/shop/api (image)?"),
        ("shop/apu", "did you mean docker.io/shop/api (image)?"),
        ("API", "did you mean docker.io/shop/api (image)?"),
        ("quay.io/else/api", "did you mean docker.io/shop/api (image)?"),
        ("zzz", "there are docker.io/shop/api (image)"),
        ("shop/api:v1", "write the version apart: shop/api v1"),
        (f"shop/api@{OLD}", f"write the version apart: shop/api @{OLD}"),
    ],
)
def test_a_name_that_nothing_has_is_told_with_the_nearest(name: str, hint: str) -> None:
    assert hint in refused(name, "v2", kustomization=images("newTag: v1"))


def test_a_name_may_have_a_variable_for_its_registry() -> None:
    before = (
        "image: '${REGISTRY}/shop/api:v1'\nother: {image: {repository: '${REGISTRY}/b', tag: v1}}\n"
    )
    assert "${REGISTRY}/b (image)" in refused("b", "v2", values=before)
    found = done("${REGISTRY}/b", "v2", values=before)
    assert text(found, "values") == before.replace("tag: v1", "tag: v2")


def test_a_kind_that_it_is_not_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"web is a chart \(1\) here and no image"):
        done_of(ArtifactKind.IMAGE, "web", "1.1.0", a=release())


def test_without_any_version_there_is_no_nearest_name() -> None:
    assert "there are none of anything" in refused("nginx", "1", a="a: 1\n")


@pytest.mark.parametrize(
    "name", ["", "-n", "a b", "$(id)", "a;b", "`a`", "a\nb", "../a", "ä", "a" * 600]
)
def test_what_no_artifact_is_called_is_no_name(name: str) -> None:
    assert "is no name of an artifact" in refused(name, "1", a="a: 1\n")


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version",
    ["", "@", "v1@", "@sha256:1", f"v1@{OLD}0", f"v1@{OLD.upper()}", f"v1@sha512:{'1' * 128}", OLD,
     "a b", "-v1", ".1", "a" * 129, "v1\n", "$(id)", "`id`", "a|b", "1+1", ">=1", "ä", "x/y"],
)  # fmt: skip
def test_what_no_registry_takes_is_no_version(version: str) -> None:
    files = {"kustomization": images("newTag: v1")}
    assert "is no" in refused("shop/api", version, **files)
    assert text(done("shop/api", "V1.x_-", **files), "kustomization") == images("newTag: V1.x_-")


@pytest.mark.parametrize("version", ["1", "1.1", "1.x", "~1.1.0", "latest", "1.1.0-", "1.1.0@1"])
def test_a_chart_has_three_numbers(version: str) -> None:
    assert "is no" in refused("web", version, a=release())


@pytest.mark.parametrize("version", ["1.1.0", "v1.1.0", "1.1.0-rc.1", "1.1.0+build.5", "0.0.1"])
def test_a_chart_is_written_as_it_is_said(version: str) -> None:
    assert text(done("web", version, a=release()), "a") == release(version)


@pytest.mark.parametrize(
    "version",
    ["", "@", "-v", "refs/tags/v1", "a..b", "a/", "a.lock", "a//b", "a@{1}", "a b", "a~1", "a^",
     "a:b", "$(id)", "a@", f"v1@{OLD}", ".a", "a/.b"],
)  # fmt: skip
def test_what_no_git_takes_is_no_version(version: str) -> None:
    assert "is no version of a git source" in refused(
        "git.example.com/shop/api", version, a=git("{tag: v1}")
    )


@pytest.mark.parametrize("version", ["v2", "api/v2", "api@2.0.0", "2+1"])
def test_a_git_tag_is_written_as_it_is_said(version: str) -> None:
    assert text(done(URL, version, a=git("{tag: v1}")), "a") == git(f"{{tag: {version}}}")


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        (("v1.0", "v1.1"), "1.2", ["1.2 has no v, and every version that it replaces has one"]),
        (("1.0", "1.1"), "v1.2", ["v1.2 begins with a v, and no version that it replaces does"]),
        (("1.0", "v1.1"), "1.2", []),
        (("v1.0", "v1.1"), "v1.2", []),
        (("v1.0", "v1.1"), "nightly", []),
        (("1.0", "latest"), "v1.2", []),
    ],
)
def test_a_v_that_comes_or_goes_is_noted(old: tuple[str, ...], new: str, notes: list[str]) -> None:
    found = done("shop/api", new, kustomization=images(*(f"newTag: '{tag}'" for tag in old)))
    assert list(found.notes) == notes
    assert text(found, "kustomization") == images(*[f"newTag: '{new}'"] * 2)


def test_a_version_may_be_lower_than_before() -> None:
    assert "newTag: v1" in text(
        done("shop/api", "v1", kustomization=images("newTag: v2")), "kustomization"
    )


# --- tags and digests -----------------------------------------------------------------------------

PLACES = {
    "tag": "image: {repository: shop/api, tag: TAG}",
    "with place": 'image: {repository: shop/api, tag: TAG, digest: ""}',
    "both": "image: {repository: shop/api, tag: TAG, digest: 'DIGEST'}",
    "in one": "image: {repository: shop/api, tag: 'TAG@DIGEST'}",
    "in one, with place": "image: {repository: shop/api, tag: 'TAG@DIGEST', digest: \"\"}",
    "digest": "image: {repository: shop/api, digest: 'DIGEST'}",
    "reference": "image: 'shop/api:TAG'",
    "whole": "image: 'shop/api:TAG@DIGEST'",
    "by digest": "image: 'shop/api@DIGEST'",
}  # fmt: skip


def values(place: str, tag: str, digest: str) -> str:
    return PLACES[place].replace("TAG", tag).replace("DIGEST", digest) + "\n"


@pytest.mark.parametrize("place", ["tag", "with place", "reference"])
def test_a_tag_moves_where_no_digest_is_written(place: str) -> None:
    found = done("shop/api", "v2", values=values(place, "v1", OLD))
    assert text(found, "values") == values(place, "v2", OLD)


@pytest.mark.parametrize(
    "place", ["both", "in one", "in one, with place", "digest", "whole", "by digest"]
)
def test_a_tag_alone_leaves_no_digest_behind(place: str) -> None:
    [error] = refusals(done("shop/api", "v2", values=values(place, "v1", OLD)))
    assert error.startswith("values.yaml:1:")
    assert "write v2@sha256:DIGEST" in error


@pytest.mark.parametrize("place", PLACES)
def test_both_move_everywhere(place: str) -> None:
    found = done("shop/api", f"v2@{NEW}", values=values(place, "v1", OLD))
    after = values(place, "v2", NEW)
    if place == "with place":
        after = after.replace('""', f'"{NEW}"')
    elif place == "reference":
        after = after.replace("v2", f"v2@{NEW}")
    assert text(found, "values") == after
    assert bool(found.notes) == (place == "tag")


@pytest.mark.parametrize("place", ["digest", "by digest"])
def test_a_digest_moves_where_no_tag_is_written(place: str) -> None:
    found = done("shop/api", f"@{NEW}", values=values(place, "v1", OLD))
    assert text(found, "values") == values(place, "v1", NEW)


@pytest.mark.parametrize(
    "place", [place for place in PLACES if place not in {"digest", "by digest"}]
)
def test_a_digest_alone_leaves_no_tag_behind(place: str) -> None:
    [error] = refusals(done("shop/api", f"@{NEW}", values=values(place, "v1", OLD)))
    assert f"write TAG@{NEW}" in error


@pytest.mark.parametrize("place", ["both", "in one", "whole"])
@pytest.mark.parametrize("version", ["v1", f"@{OLD}", f"v1@{OLD}"])
def test_what_is_said_already_is_no_reason_to_refuse(place: str, version: str) -> None:
    found = done("shop/api", version, values=values(place, "v1", OLD))
    assert (text(found, "values"), found.moved) == (values(place, "v1", OLD), ())


def test_places_without_room_for_the_digest_are_counted() -> None:
    found = done("shop/api", f"v2@{NEW}", kustomization=images("newTag: v1", "newTag: v0"))
    [note] = found.notes
    assert note.endswith("the tag is written alone: kustomization.yaml:2:30 and 1 more")


def test_variables_of_one_object_belong_together() -> None:
    used = images("newTag: '${API_TAG}', digest: '${API_DIGEST}'")
    variables = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  postBuild:\n"
        f"    substitute: {{API_TAG: v1, API_DIGEST: '{OLD}', OTHER_TAG: v1}}\n"
    )
    files = {"kustomization": used, "flux": variables}
    assert "pinned by a digest" in refusals(done("shop/api", "v2", **files))[0]
    found = done("shop/api", f"v2@{NEW}", **files)
    assert text(found, "flux") == variables.replace("API_TAG: v1", "API_TAG: v2").replace(OLD, NEW)
    assert (found.passed_over, found.notes) == ((), ())


# --- git sources ----------------------------------------------------------------------------------


def test_a_commit_decides_and_moves_with_its_tag() -> None:
    both = f"{{tag: v1, commit: {COMMIT}}}"
    assert "write v2@COMMIT" in refusals(done(URL, "v2", a=git(both)))[0]
    assert f"write TAG@{OTHER}" in refusals(done(URL, OTHER, a=git(both)))[0]
    found = done(URL, f"v2@{OTHER}", a=git(both))
    assert text(found, "a") == git(f"{{tag: v2, commit: {OTHER}}}")


@pytest.mark.parametrize("version", [OTHER, f"@{OTHER}", f"v2@{OTHER}"])
def test_a_commit_alone_is_moved_by_one(version: str) -> None:
    ref = "{{branch: main, commit: {}}}"
    assert text(done(URL, version, a=git(ref.format(COMMIT))), "a") == git(ref.format(OTHER))
    assert "pinned by a commit" in refusals(done(URL, "v2", a=git(ref.format(COMMIT))))[0]


def test_a_ref_of_a_tag_keeps_its_prefix() -> None:
    assert text(done(URL, "v2", a=git("{name: refs/tags/v1}")), "a") == git("{name: refs/tags/v2}")


def test_flux_itself_is_called_without_its_v() -> None:
    flux = "https://github.com/fluxcd/flux2"
    files = {
        "a": git("{tag: v2.4.0}").replace(URL, flux),
        "b": instance("2.4.0"),
        "c": instance("v2.4.0"),
    }
    found = done(flux, "v2.5.0", **files)
    assert text(found, "a") == files["a"].replace("v2.4.0", "v2.5.0")
    assert (text(found, "b"), text(found, "c")) == (instance("2.5.0"), instance("v2.5.0"))
    assert found.notes == ()
    assert "read as a range" in refusals(done(flux, "v2.5", b=instance("2.4.0")))[0]
    assert [
        p.reason for p in done(flux, "v2.5.0", a=files["a"], b=instance("2.x")).passed_over
    ] == ["follows the range 2.x"]


# --- passed over ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.x", "'>=1.0.0 <2.0.0'", "~1.0.0", "1.0", "'*'", "=1.0.0"])
def test_a_range_is_passed_over(version: str) -> None:
    files = {"a": release(version), "b": release(name="exact")}
    found = done("web", "1.1.0", **files)
    assert (text(found, "a"), text(found, "b")) == (files["a"], release("1.1.0", "exact"))
    [passed] = found.passed_over
    assert str(passed.place) == "a.yaml:4:44"
    assert passed.reason.startswith("follows the range")
    [error] = refusals(done("web", "1.1.0", a=files["a"]))
    assert error == "web is here, but no version of it that could be moved"


def test_an_exact_version_in_the_place_of_a_range_is_moved() -> None:
    assert text(done(URL, "1.1.0", a=git("{semver: 1.0.0}")), "a") == git("{semver: 1.1.0}")
    assert "read as a range" in refusals(done(URL, "1.1", a=git("{semver: 1.0.0}")))[0]


def test_a_range_overrules_the_tag_beside_it_and_a_digest_both() -> None:
    ref = "{{tag: {}, semver: 1.x{}}}"
    found = done("ghcr.io/shop/web", "1.0.0", a=oci(ref.format("1.0.0", "")))
    assert refusals(found)
    reasons = {each.reason.partition(" by ")[0] for each in found.passed_over}
    assert reasons == {"follows the range 1.x", "is overruled"}
    digest = ", digest: '{}'"
    before = oci(ref.format("1.0.0", digest.format(OLD)))
    found = done("ghcr.io/shop/web", f"1.1.0@{NEW}", a=before)
    assert text(found, "a") == oci(ref.format("1.1.0", digest.format(NEW)))
    assert [p.reason for p in found.passed_over] == ["follows the range 1.x"]


RESOURCES = """\
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: apps}
spec:
  resources:
    - apiVersion: apps/v1
      kind: Deployment
      metadata: {name: api}
      spec: {template: {spec: {containers: [{name: api, image: "ghcr.io/shop/api:TAG"}]}}}
"""


def test_what_a_resource_set_fills_in_is_passed_over() -> None:
    plain = RESOURCES.replace("TAG", "v1.0")
    found = done("ghcr.io/shop/api", "v1.1", a=plain, b=RESOURCES.replace("TAG", "<< inputs.t >>"))
    assert len(found.moved) == 1
    [passed] = found.passed_over
    assert (passed.place.path, passed.place.line) == ("b.yaml", 9)
    assert passed.reason == "holds << inputs.t >>, which Flux fills in"
    assert done("ghcr.io/shop/api", "v1.1", a=plain).passed_over == ()


def test_a_variable_is_passed_over_unless_its_value_moves() -> None:
    used = images("newTag: '${API_TAG}'", "newTag: v1")
    found = done("shop/api", "v2", kustomization=used)
    assert text(found, "kustomization") == images("newTag: '${API_TAG}'", "newTag: v2")
    [passed] = found.passed_over
    assert passed.reason == "holds ${API_TAG}, which Flux fills in"
    only = done("shop/api", "v2", kustomization=images("newTag: '${API_TAG}'"))
    assert "no version of it that could be moved" in refusals(only)[0]
    variables = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "spec: {postBuild: {substitute: {API_TAG: v1}}}\n"
    )
    found = done("shop/api", "v2", kustomization=used, flux=variables)
    assert (len(found.moved), found.passed_over) == (2, ())


def test_a_template_with_the_name_in_it_is_told() -> None:
    files = {"kustomization": images("newTag: v1"), "broken": "image: {{ shop/api:v1 }}\n}"}
    found = done("shop/api", "v2", **files)
    [passed] = found.passed_over
    assert (passed.place.path, "cannot be read" in passed.reason) == ("broken.yaml", True)
    files["broken"] = "image: {{ shop/other:v1 }}\n}"
    assert done("shop/api", "v2", **files).passed_over == ()


def test_where_a_version_could_have_stood_is_told_with_a_name_that_has_none() -> None:
    said = refused(URL, "v2", a=git("{branch: main}"), b=images("newTag: v1"))
    assert said.endswith("a.yaml:4:65 follows the branch main, no version")


def test_a_name_alone_is_never_changed() -> None:
    marker = '{"$imagepolicy": "a:b:name"}'
    before = f"kind: X\nname: shop/api # {marker}\n"
    assert refusals(done("shop/api", "v2", a=before))
    beside = before + f"tag: v1 # {marker.replace(':name', ':tag')}\n"
    assert "did you" not in refusals(done("shop/api", "v2", a=beside))[0]


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("tag: on", "write it by hand, in quotes"),
        ("tag: true", "write it by hand, in quotes"),
        ("tag: &a v1}\n  more: {b: *a", "edit it by hand"),
        ("tag: !!int 1", "edit it by hand"),
    ],
)
def test_one_bad_place_stops_all_and_a_mended_one_none(bad: str, words: str) -> None:
    good = images("newTag: v1", "newTag: v1")
    values = f"a:\n  image: {{repository: shop/api, {bad}}}\n"
    found = done("shop/api", "v2", kustomization=good, values=values)
    assert [error.place and error.place.path for error in found.refused] == ["values.yaml"]
    assert words in refusals(found)[0]
    mended = "a:\n  image: {repository: shop/api, tag: 'v1'}\n"
    assert len(done("shop/api", "v2", kustomization=good, values=mended).moved) == 3


def test_every_refusal_is_told_in_order() -> None:
    before = images(f"newTag: v1, digest: '{OLD}'", "newTag: on", "newTag: v1", "newTag: off")
    found = done("shop/api", "v2", kustomization=before, other=before)
    places = [str(error.place) for error in found.refused]
    assert places == [
        "kustomization.yaml:2:42",
        "kustomization.yaml:3:30",
        "kustomization.yaml:5:30",
    ]


def test_what_sops_encrypted_is_refused_unless_it_says_so_already() -> None:
    sealed = "image: shop/api:v1\nkey: ENC[AES256_GCM,data:x]\nsops: {mac: 'ENC[AES256_GCM,x]'}\n"
    files = {"values": sealed, "kustomization": images("newTag: v1")}
    [error] = refusals(done("shop/api", "v2", **files))
    assert "values.yaml:1:8" in error
    assert "edit it with sops" in error
    files["values"] = sealed.replace("v1", "v2")
    assert len(done("shop/api", "v2", **files).moved) == 1


def test_a_tag_that_would_read_as_a_branch_is_refused() -> None:
    before = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"spec: {{source: {{repoURL: '{URL}', targetRevision: v1.0}}}}\n"
    )
    assert "would not be read as a version" in refusals(done(URL, "nightly", a=before))[0]
    assert text(done(URL, "v1.1", a=before), "a") == before.replace("v1.0", "v1.1")


def test_the_plus_of_a_version_is_no_sign_of_a_registry() -> None:
    before = oci("{tag: 1.0.0}", HELM)
    assert "write 1.1.0_5" in refusals(done("ghcr.io/shop/web", "1.1.0+5", a=before))[0]
    found = done("ghcr.io/shop/web", "1.1.0_5", a=before)
    assert text(found, "a") == oci("{tag: 1.1.0_5}", HELM)
    assert "read as a range" in refusals(done("web", "1.1.0_5", a=release()))[0]


@pytest.mark.parametrize(
    ("tag", "written"),
    [("1.10", '"1.10"'), ("1e3", '"1e3"'), ("on", '"on"'), ("null", '"null"'), ("0x1F", '"0x1F"')],
)
def test_what_yaml_would_read_as_something_else_is_quoted(tag: str, written: str) -> None:
    found = done("shop/api", tag, kustomization=images("newTag: v1"))
    assert text(found, "kustomization") == images(f"newTag: {written}")


# --- files ----------------------------------------------------------------------------------------


def test_line_ends_marks_and_modes_stay() -> None:
    before = b"\xef\xbb\xbfimages:\r\n- name: shop/api # \xc3\xa9\r\n  newTag:\tv1\r\n...\r\n"
    tree = Tree({"kustomization.yaml": File(before, Mode.EXECUTABLE), "b": File(b"shop/api:v1")})
    found = bump(tree, "shop/api", "v2")
    assert found.tree["kustomization.yaml"] == File(before.replace(b"v1", b"v2"), Mode.EXECUTABLE)
    assert found.tree["b"] == tree["b"]


def test_a_symlink_is_told_unless_its_target_is_moved() -> None:
    file = File(images("newTag: v1").encode())
    tree = Tree(
        {
            "a/kustomization.yaml": file,
            "b/kustomization.yaml": File(b"../a/kustomization.yaml", Mode.SYMLINK),
            "c/kustomization.yaml": File(b"../../out.yaml", Mode.SYMLINK),
        }
    )
    found = bump(tree, "shop/api", "v2")
    assert [move.site.path for move in found.moved] == ["a/kustomization.yaml"]
    assert [str(each.place) for each in found.passed_over] == ["c/kustomization.yaml"]
    assert found.tree["b/kustomization.yaml"] == tree["b/kustomization.yaml"]


def test_an_unread_file_stops_all_if_it_is_yaml() -> None:
    file = File(images("newTag: v1").encode())
    unread = File(b"", unread="larger than 1 byte")
    found = bump(Tree({"kustomization.yaml": file, "b.yaml": unread}), "shop/api", "v2")
    assert refusals(found)[0].startswith("b.yaml: is larger than 1 byte; ")
    found = bump(Tree({"kustomization.yaml": file, "b.bin": unread}), "shop/api", "v2")
    assert len(found.moved) == 1


def test_a_survey_made_before_is_believed() -> None:
    tree = Tree.of({"kustomization.yaml": images("newTag: v1")})
    assert bump(tree, "shop/api", "v2", found=survey(tree)) == bump(tree, "shop/api", "v2")


@pytest.mark.parametrize("name", ["${REGISTRY}/web", "${REGISTRY}", "https://", "oci://", "git://"])
def test_a_name_that_is_no_url_is_not_that_of_every_chart_without_a_source(name: str) -> None:
    patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
    patch += "spec: {chart: {spec: {chart: web, version: 1.0.0}}}\n"
    with pytest.raises(InvalidInput, match="no version of"):
        done(name, "2.0.0", patch=patch)
    assert "version: 2.0.0" in text(done("web", "2.0.0", patch=patch), "patch")


def test_a_name_with_a_variable_is_an_image_s_alone() -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: '${REGISTRY}/api:v1.0'}]}\n"
    other = release("'${CHART}'")
    found = done("${REGISTRY}/api", "v1.1", pod=pod, other=other)
    assert found.kind is ArtifactKind.IMAGE
    assert [str(each.place) for each in found.passed_over] == ["pod.yaml:3:29"]


def test_a_chart_version_has_no_digest_and_says_so() -> None:
    found = done("web", f"@{NEW}", release=release())
    cure = "write the version, with the digest behind it if other places have one"
    told = f"release.yaml:4:44: web has a version here and no digest; {cure}"
    assert refusals(found) == [told]


@pytest.mark.parametrize("version", [" v1.1", "v1.1 ", "v1.1\n"])
def test_a_blank_beside_a_version_is_no_range(version: str) -> None:
    with pytest.raises(InvalidInput, match=r"write 'v1\.1', without the blanks around it"):
        done("shop/api", version, kustomization=images("newTag: v1.0"))


def test_places_in_sentences_are_told_as_the_caller_tells_them() -> None:
    tree = Tree.of({"kustomization.yaml": images("newTag: v1.0")})
    noted = bump(tree, "shop/api", f"v1.1@{NEW}", where=lambda place: f"below/{place}")
    assert noted.notes[0].endswith(" alone: below/kustomization.yaml:2:30")
    linked = Tree({"a.yaml": File(b"/elsewhere", Mode.SYMLINK)})
    with pytest.raises(InvalidInput) as caught:
        bump(linked, "shop/api", "v1.1", where=lambda place: f"below/{place}")
    assert caught.value.hint == "below/a.yaml is a symlink; edit its target"


def chart_values(**images: str) -> str:
    return "".join(f"{key}: {{{fields}}}\n" for key, fields in images.items())


@pytest.mark.parametrize("digest", ["1" * 64, OLD, "sha512:" + "1" * 128])
def test_a_tag_does_not_leave_a_digest_behind_whose_key_is_a_chart_s_own(digest: str) -> None:
    image = f"repository: shop/api, tag: v1.0, sha: '{digest}'"
    for version in ("v1.1", f"v1.1@{NEW}"):
        found = done("shop/api", version, values=chart_values(image=image))
        told = "values.yaml:1:36: beside it sha says a digest, which would stay; write both by hand"
        assert refusals(found) == [told]
    assert not done("shop/api", "v1.0", values=chart_values(image=image)).refused


@pytest.mark.parametrize("beside", ["sha: ''", "sha: abc", "pullPolicy: Always"])
def test_what_is_no_digest_beside_a_tag_stops_nothing(beside: str) -> None:
    image = f"repository: shop/api, tag: v1.0, {beside}"
    found = done("shop/api", "v1.1", values=chart_values(image=image))
    assert text(found, "values") == chart_values(image=image).replace("v1.0", "v1.1")


@pytest.mark.parametrize(
    "image", ["name: shop/api", "image: docker.io/shop/api", "registry: docker.io, name: shop/api"]
)
def test_a_version_beside_the_name_is_told_although_nothing_names_it(image: str) -> None:
    file = chart_values(image=f"{image}, tag: v1.0", other="name: shop/web, tag: v1.0")
    found = done("shop/api", "v1.1", values=file, kustomization=images("newTag: v1.0"))
    reason = "stands beside shop/api, and nothing says that it is its version"
    assert [each.reason for each in found.passed_over] == [reason]
    with pytest.raises(InvalidInput, match=reason):
        done("shop/api", "v1.1", values=file)


def test_a_commit_without_a_place_is_not_called_a_digest() -> None:
    found = done(URL, f"v1.1@{OTHER}", source=git("{tag: v1.0}"))
    assert found.notes[0].startswith("no place for the commit, so that the tag is written alone: ")


def test_a_digest_that_is_right_already_is_none_that_stays() -> None:
    image = f"repository: shop/api, tag: v1.0, digest: '{NEW}'"
    found = done("shop/api", f"v1.1@{NEW}", values=chart_values(image=image))
    assert text(found, "values") == chart_values(image=image).replace("v1.0", "v1.1")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_with_the_name_in_it_is_told(encoding: str) -> None:
    other = File(("\ufeff" + images("newTag: v1.0")).encode(encoding))
    tree = Tree({"a/kustomization.yaml": File(images("newTag: v1.0").encode()), "b.yaml": other})
    found = bump(tree, "shop/api", "v1.1")
    told = "cannot be read: not UTF-8 text but UTF-16"
    assert [(str(each.place), each.reason) for each in found.passed_over] == [("b.yaml", told)]

"""A survey remembers what a file holds, and never what other files said of it."""

from hypothesis import given
from hypothesis import strategies as st

from gitops.sites import survey
from gitops.tree import File, Mode, Tree
from tests.unit.test_sites_survey import POLICY, RELEASE, REPOSITORY, VARIABLES

PLAIN = "kind: ConfigMap\nmetadata: {name: a}\ndata: {a: HelmRelease}\n"
FILLED = RELEASE.replace("version: 1.0.0", 'version: "${SHOP}"').replace("name: shop,", "name: b,")
MARKED = (
    VARIABLES.partition("spec:")[0]
    + """\
spec:
  postBuild:
    substitute:
      SHOP: 1.0.0 # {"$imagepolicy": "shop:a:tag"}
"""
)
PATCH = RELEASE.replace("chart: shop, ", "").replace(
    ", sourceRef: {kind: HelmRepository, name: c}", ""
)
LARGE = f"# {'x' * 40_000}\n{RELEASE}"
TEXTS = {
    "release": ["", RELEASE, RELEASE.replace("1.0.0", "1.0.1"), PATCH, LARGE, RELEASE + "  - x\n"],
    "repository": ["", REPOSITORY, REPOSITORY.replace("charts.", "other.")],
    "policy": ["", POLICY, POLICY.replace("ghcr.io", "quay.io")],
    "variables": ["", VARIABLES, MARKED],
    "filled": ["", FILLED, FILLED.replace("SHOP", "OTHER")],
    "plain": [PLAIN, REPOSITORY.replace("name: c", "name: d")],
}
TREES = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in TEXTS.items()})


@given(st.lists(TREES, min_size=2, max_size=4))
def test_one_tree_after_another_is_surveyed_as_if_it_were_the_first(
    trees: list[dict[str, str]],
) -> None:
    for texts in trees:
        tree = Tree.of({f"{name}.yaml": text for name, text in texts.items()})
        assert survey(tree) == survey(tree, remember=False)


def test_a_file_that_did_not_change_is_not_read_again() -> None:
    [site] = survey(Tree.of({"a.yaml": RELEASE})).sites
    [again] = survey(Tree.of({"a.yaml": RELEASE, "b.yaml": PLAIN})).sites
    assert again is site
    [unkept] = survey(Tree.of({"a.yaml": RELEASE}), remember=False).sites
    assert unkept is not site


def test_the_same_bytes_elsewhere_or_in_a_symlink_are_another_file() -> None:
    [site] = survey(Tree.of({"a.yaml": RELEASE})).sites
    [moved] = survey(Tree.of({"b.yaml": RELEASE})).sites
    assert (site.path, moved.path) == ("a.yaml", "b.yaml")
    found = survey(Tree({"a.yaml": File(RELEASE.encode(), Mode.SYMLINK)}))
    assert found.sites == ()
    assert [each.reason for each in found.skipped] == ["is a symlink; edit its target"]


def test_a_large_file_is_not_kept() -> None:
    [site] = survey(Tree.of({"a.yaml": LARGE})).sites
    [again] = survey(Tree.of({"a.yaml": LARGE})).sites
    assert again == site
    assert again is not site


def test_what_another_file_said_is_forgotten_with_it() -> None:
    def source(**files: str) -> str:
        [site] = survey(Tree.of({f"{name}.yaml": text for name, text in files.items()})).sites
        return site.source

    moved = REPOSITORY.replace("charts.", "other.")
    assert source(release=RELEASE, repository=REPOSITORY) == "https://charts.example.com"
    assert source(release=RELEASE, repository=moved) == "https://other.example.com"
    assert source(release=RELEASE) == "HelmRepository shop/c"

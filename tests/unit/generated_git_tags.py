"""Templates, branches, commits and names of git tags: valid, nearly valid and hostile ones."""

from string import ascii_letters, digits

from hypothesis import strategies as st

commits = st.text("0123456789abcdef", min_size=40, max_size=40)
moments = st.integers(10**9, 4 * 10**9)
branches = st.sampled_from(["main", "release/1.x", "team@shop#7", "UPPER_case.v2", "a+b"])
literals = st.text(ascii_letters + digits + "._-", max_size=4)
stamps = st.sampled_from(["%Y%m%d%H%M%S", "%s", "%Y-%m-%d", "%d.%m.%YT%H", "%Y%m%d%H%M"])


@st.composite
def build_templates(draw: st.DrawFn) -> str:
    width = draw(st.integers(7, 40))
    fields = [draw(st.sampled_from(["{sha}", f"{{sha:{width}}}"]))]
    if draw(st.booleans()):
        fields.append("{branch}")
    if draw(st.booleans()):
        fields.append(f"{{timestamp:{draw(stamps)}}}")
    parts = [draw(literals)]
    for field in draw(st.permutations(fields)):
        parts += [field, draw(literals)]
    return "".join(parts)


numbers = st.from_regex(r"0{0,3}[0-9]{1,18}", fullmatch=True)
identifiers = st.from_regex(r"[0-9A-Za-z-]{1,5}", fullmatch=True)


@st.composite
def version_texts(draw: st.DrawFn) -> str:
    """Versions, and what is nearly one."""
    text = ".".join(draw(st.lists(numbers, min_size=1, max_size=4)))
    if draw(st.booleans()):
        text += "-" + ".".join(draw(st.lists(identifiers, min_size=1, max_size=3)))
    if draw(st.integers(0, 3)) == 0:
        text += "+" + ".".join(draw(st.lists(identifiers, min_size=1, max_size=2)))
    return draw(st.sampled_from(["", "", "", "v", "V", "-"])) + text


source_templates = st.sampled_from(
    [
        *("v{version}", "{version}", "{semver}", "v{semver}", "{tag}", "payments/v{version}"),
        *("@acme/pay@{version}", "{version}-prod", "r+{semver}+x", "payments-{version}"),
    ]
)
release_templates = st.sampled_from(
    ["{tag}", "{version}", "{semver}", "v{semver}-{sha:9}", "{sha}", "x_{version}.y"]
)
names = st.one_of(
    version_texts(),
    version_texts(),
    version_texts(),
    st.text(ascii_letters + digits + "._-+@/$`;|&()<>'\"!#%{}=,é", min_size=1, max_size=30),
    st.text(min_size=1, max_size=8),
)

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.errors import InvalidInput
from gitops.tag_template import TagFields, Template
from gitops.version import parse

SHA = "0123456789abcdef0123456789abcdef01234567"
MOMENT = datetime(2025, 7, 3, 9, 8, 7, tzinfo=UTC)
ALL = TagFields(
    tag="v1.0-rc.1",
    version="1.0-rc.1",
    semver="1.0.0-rc.1",
    sha=SHA,
    branch="feature/X y",
    timestamp=MOMENT,
)


@pytest.mark.parametrize(
    ("template", "tag"),
    [
        ("{tag}", "v1.0-rc.1"),
        ("v{version}", "v1.0-rc.1"),
        ("{semver}", "1.0.0-rc.1"),
        ("{sha}", SHA),
        ("main-{sha:7}-{timestamp:%Y%m%d%H%M%S}", "main-0123456-20250703090807"),
        ("{branch}-{sha:12}", "feature-X-y-0123456789ab"),
        ("{timestamp:%s}.{sha:40}", f"1751533687.{SHA}"),
        ("{version}-{timestamp:%Y.%m.%d}", "1.0-rc.1-2025.07.03"),
        ("{timestamp:%d-%m-%YT%H}_{semver}", "03-07-2025T09_1.0.0-rc.1"),
    ],
)
def test_renders(template: str, tag: str) -> None:
    assert Template.parse(template).render(ALL) == tag


def test_a_mapping_serves_as_fields_and_semver_follows_from_the_version() -> None:
    assert Template.parse("{semver}").render({"version": "1.0-rc.1"}) == "1.0.0-rc.1"
    assert Template.parse("{semver}").render({"version": "2025.07.03"}) == "2025.7.3"
    assert Template.parse("x-{semver}").render(TagFields(version="1.0")) == "x-1.0.0"


def test_a_timestamp_is_written_in_utc() -> None:
    local = MOMENT.astimezone(timezone(timedelta(hours=2)))
    template = Template.parse("{timestamp:%Y%m%dT%H%M%SZ}")
    assert template.render({"timestamp": local}) == "20250703T090807Z"


@pytest.mark.parametrize(
    ("template", "tag", "fields"),
    [
        ("v{version}", "v1.0-rc.1", TagFields(version="1.0-rc.1")),
        ("payments/v{version}", "payments/v1.0", TagFields(version="1.0")),
        ("@acme/pay@{version}", "@acme/pay@1.0.0+b", TagFields(version="1.0.0+b")),
        ("{tag}", "payments/v1.0", TagFields(tag="payments/v1.0")),
        ("{semver}-{sha:7}", "1.0.0-rc-1-abcdef0", TagFields(semver="1.0.0-rc-1", sha="abcdef0")),
        ("{version}-prod", "2025.07.03-prod", TagFields(version="2025.07.03")),
        (
            "{branch}-{sha:7}-{timestamp:%Y%m%d}",
            "a-0123456-x-0123456-20250703",
            TagFields(
                branch="a-0123456-x", sha="0123456", timestamp=datetime(2025, 7, 3, tzinfo=UTC)
            ),
        ),
        ("b{timestamp:%s}", "b1751533687", TagFields(timestamp=MOMENT)),
    ],
)
def test_reads(template: str, tag: str, fields: TagFields) -> None:
    assert Template.parse(template).read(tag) == fields


@pytest.mark.parametrize(
    ("template", "tag"),
    [
        ("v{version}", "1.0"),
        ("v{version}", "vv1.0"),
        ("v{version}", "v"),
        ("v{version}", ""),
        ("v{version}", "v1.0\n"),
        ("v{version}", "payments/v1.0"),
        ("payments/v{version}", "payments/v1.0/x"),
        ("payments/v{version}", "xpayments/v1.0"),
        ("{semver}", "1.0"),
        ("{semver}", "01.0.0"),
        ("{semver}", "v1.0.0"),
        ("{sha:7}", "abcdef"),
        ("{sha:7}", "abcdef00"),
        ("{sha:7}", "ABCDEF0"),
        ("{sha}", "a" * 39),
        ("{branch}-{sha:7}", "-abcdef0"),
        ("{branch}-{sha:7}", "a/b-abcdef0"),
        ("{branch}-{sha:7}", "main-abcdefé"),
        ("{timestamp:%Y%m%d}", "20250230"),
        ("{timestamp:%Y%m%d}", "2025 7 3"),
        ("{timestamp:%Y%m%d}", "٢٠٢٥٠٧٠٣"),
        ("{timestamp:%Y-%m-%d}", "2025_07_03"),
        ("{timestamp:%Y%m%d}", "00000101"),
        ("{timestamp:%Y%m%d%H%M%S}", "20250703090860"),
        ("{timestamp:%s}", "0751533687"),
        ("{timestamp:%s}", "17515336870"),
        ("{tag}", "a b"),
        ("{tag}", "-x"),
        ("{tag}", "a..b"),
        ("{tag}", "a.lock"),
        ("{tag}", "a" * 256),
        ("{tag}", "\ud800"),
    ],
)
def test_passes_over_a_tag_it_cannot_have_made(template: str, tag: str) -> None:
    assert Template.parse(template).read(tag) is None


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", "names no field"),
        ("latest", "names no field"),
        ("{sha}-{sha:7}", "{sha} twice"),
        ("{branch}-{version}", "{branch} and {version} have no fixed length"),
        ("{tag}{semver}", "cannot be read back"),
        ("v{verison}", "unknown field {verison}"),
        ("v{}", "unknown field {}"),
        ("v{version", "outside a field"),
        ("v{{version}}", "outside a field"),
        ("v{Version}", "outside a field"),
        ("v {version}", "outside a field"),
        ("é{version}", "outside a field"),
        ("{version:7}", "does not take"),
        ("{sha:6}", "7 to 40"),
        ("{sha:41}", "7 to 40"),
        ("{sha:07}", "7 to 40"),
        ("{sha:}", "7 to 40"),
        ("{sha:๑๑}", "7 to 40"),
        ("{timestamp}", "names no moment"),
        ("{timestamp:%Y}", "names no moment"),
        ("{timestamp:%Y%m%d%M}", "names no moment"),
        ("{timestamp:%Y%m%d%d}", "names no moment"),
        ("{timestamp:%Y%m%d%H%M%S%S}", "names no moment"),
        ("{timestamp:%s%Y%m%d}", "names no moment"),
        ("{timestamp:%Y%m%d%j}", "something else"),
        ("{timestamp:%Y%m%d%}", "something else"),
        ("{timestamp:%Y%m%d%%}", "something else"),
        ("{timestamp:%Y:%m:%d}", "something else"),
        ("{version}" + "x" * 256, "longer than 256"),
    ],
)
def test_refuses_a_template(template: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Template.parse(template)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ("{tag}", {"tag": "payments/v1.0"}),
        ("{tag}", {"tag": "-v1.0"}),
        ("{version}", {"version": "1.0+build"}),
        ("{version}", {"version": "v1.0"}),
        ("{version}", {"version": "latest"}),
        ("{version}", {}),
        ("{semver}", {"version": "latest"}),
        ("{semver}", {"semver": "1.0"}),
        ("{sha}", {"sha": SHA[:12]}),
        ("{sha:12}", {"sha": SHA[:7]}),
        ("{sha:7}", {"sha": SHA.upper()}),
        ("{branch}", {"branch": ""}),
        ("{branch}", {"branch": "-x"}),
        ("{branch}", {"branch": "x" * 129}),
        ("{timestamp:%Y%m%d}", {"timestamp": "20250703"}),
        ("{timestamp:%Y%m%d}", {"timestamp": datetime(2025, 7, 3)}),  # noqa: DTZ001
        ("{timestamp:%s}", {"timestamp": datetime(1999, 1, 1, tzinfo=UTC)}),
        ("a/{version}", {"version": "1.0"}),
    ],
)
def test_refuses_to_write_what_is_no_oci_tag(template: str, fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Template.parse(template).render(fields)


def test_a_git_tag_may_hold_a_slash_and_build_metadata() -> None:
    template = Template.parse("payments/v{version}")
    assert template.render_git({"version": "1.0+b"}) == "payments/v1.0+b"
    for text in ("a..{version}", ".{version}", "a/.b{version}", "a//{version}", "{version}.lock"):
        with pytest.raises(InvalidInput):
            Template.parse(text).render_git({"version": "1.0"})


def test_names_its_fields_and_itself() -> None:
    template = Template.parse("{branch}-{sha:7}-{timestamp:%s}")
    assert template.fields == {"branch", "sha", "timestamp"}
    assert str(template) == "{branch}-{sha:7}-{timestamp:%s}"


hexes = st.text("0123456789abcdef", min_size=40, max_size=40)
texts = st.text("abv019-._", max_size=4)
moments = st.datetimes(datetime(2002, 1, 1), datetime(2280, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
bare = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}(-[a-z]{1,3}(\.[1-9])?)?", fullmatch=True)


@st.composite
def templates(draw: st.DrawFn) -> str:
    free = draw(st.sampled_from(["{tag}", "{version}", "{semver}", "{branch}", ""]))
    sha = draw(
        st.one_of(st.just(""), st.just("{sha}"), st.integers(7, 40).map("{{sha:{}}}".format))
    )
    forms = ["%Y%m%d%H%M%S", "%d.%m.%Y", "%Y-%m-%dT%H%M", "%s"]
    stamp = draw(st.one_of(st.just(""), st.sampled_from(forms).map("{{timestamp:{}}}".format)))
    fields = draw(st.permutations([free, sha, stamp]))
    return "".join(f"{draw(texts)}{field}" for field in fields) + draw(texts)


@given(templates(), bare, hexes, texts.filter(bool), moments)
def test_reading_is_the_inverse_of_writing(
    text: str, version: str, sha: str, branch: str, moment: datetime
) -> None:
    try:
        template = Template.parse(text)
        parsed = parse(version)
        assert parsed is not None
        written = TagFields(
            tag=f"v{version}",
            version=version,
            semver=parsed.semver,
            sha=sha,
            branch=branch,
            timestamp=moment,
        )
        tag = template.render_git(written)
    except InvalidInput:
        return
    read = template.read(tag)
    assert read is not None
    assert template.render_git(read) == tag
    for name in template.fields - {"sha", "timestamp"}:
        assert getattr(read, name) == getattr(written, name)
    if "sha" in template.fields:
        assert read.sha is not None
        assert sha.startswith(read.sha)
    if "timestamp" in template.fields:
        assert read.timestamp is not None
        assert timedelta() <= moment - read.timestamp < timedelta(days=1)


@given(templates(), st.text("abv019-._/@", max_size=60))
def test_what_is_read_writes_the_same_tag(text: str, tag: str) -> None:
    try:
        template = Template.parse(text)
    except InvalidInput:
        return
    read = template.read(tag)
    if read is not None:
        assert template._write(read) == tag

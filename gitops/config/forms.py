"""How single values are written: the expressions that read them, and what an editor is told.

A form is JSON Schema. It takes everything that `scalars` takes and refuses what an expression can
tell; that a day, a time zone or a range exists is left to the reader. Its expressions mean the same
to Python and to JavaScript with the `u` flag, which is what an editor runs.
"""

import re
from typing import Final

from pydantic import WithJsonSchema

from gitops.config.calendar import DAYS
from gitops.constraint import CONSTRAINT_LIMIT
from gitops.tag_filter import PATTERN_LIMIT
from gitops.tag_template import TEMPLATE_LIMIT

LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LOGIN: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*(?:\[bot\])?")
EMAIL: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+")
DURATION: Final = re.compile(r"(?=[0-9])(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
PROJECT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")
TEAM: Final = re.compile(r"@?[\w.-]+(?:/[\w.-]+)*")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE: Final = re.compile(rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*")
CHART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]+)?(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
GIT_HOME: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9_.~-]+)+")
HOOK: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[^\x00-\x20\x7f?#@]*)?")
SCP_LIKE: Final = re.compile(r"git@([A-Za-z0-9.-]+):([A-Za-z0-9_.~/-]+)")
PLATFORM: Final = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?")
NO_BRANCH: Final = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/\.|[/.]$|\.lock(?:/|$)"
)
OURS: Final = ("fairlead/", "promote/", "rollback/", "stop/")
SENTENCE_LIMIT: Final = 300
"""Characters: what is told wherever somebody waits stays readable."""

# `\w` is ASCII in JavaScript; here every character beyond ASCII may be a letter.
_WORDS = r"[^\x00-,/:-@\[-^`{-\x7f]+"
_SEGMENT = r"[^/\\\x00\n\r]+"
_CLIMBING = r"(?:[\s\S]*/)?(?:\.\.?|\.[gG][iI][tT])(?:/|$)"
_SPAN = "|".join(f"{day}(?:-(?:{'|'.join(DAYS[i:])}))?" for i, day in enumerate(DAYS))
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ZONE = r"(?:UTC|(?!posix/|right/)[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)"
_YEAR = r"(?:19[7-9][0-9]|[2-8][0-9]{3}|9000)"
_HOST = r"[^\x00-\x20\s/?#@]+"
_BELOW = r"/+[^\x00-\x20\s/?#][^\x00-\x20\s]*"
_URLS = (
    rf"[hH][tT][tT][pP][sS]?://@?{_HOST}{_BELOW}",
    rf"[sS][sS][hH]://(?:[^\x00-\x20\s/?#:]*@)?{_HOST}{_BELOW}",
    rf"[fF][iI][lL][eE]:(?://@?(?:{_HOST})?{_BELOW}|/?[^\x00-\x20\s/?#][^\x00-\x20\s]*)",
)
_STAMP = r"timestamp:(?:[A-Za-z0-9._+@/-]|%[YmdHMSs])+"
_SHA = r"sha(?::(?:[7-9]|[1-3][0-9]|40))?"


def _form(description: str, *examples: str, pattern: str, **more: object) -> WithJsonSchema:
    """A text that matches `pattern` from end to end; `more` are other keywords of JSON Schema."""
    schema = {"type": "string", "pattern": f"^(?:{pattern})$", **more}
    return WithJsonSchema({**schema, "description": description, "examples": list(examples)})


def _template(description: str, example: str, names: str, needed: str = "") -> WithJsonSchema:
    field = rf"\{{(?:{names})\}}"
    # Two fields without a length of their own could be read back in several ways.
    free = r"\{(?:tag|version|semver|branch)\}"
    pattern = rf"{needed}(?![\s\S]*{free}[\s\S]*{free})"
    pattern += rf"(?=[\s\S]*{field})(?:[A-Za-z0-9._+@/-]|{field})+"
    return _form(description, example, pattern=pattern, maxLength=TEMPLATE_LIMIT)


label = _form(
    "A name of at most 63 of a-z, 0-9 and -, with no - at either end.",
    "payments",
    "prod-eu",
    pattern=LABEL.pattern,
)
login = _form("A login on the forge.", "ana", "renovate[bot]", pattern=LOGIN.pattern)
email = _form("An e-mail address of commits.", "ana@example.com", pattern=EMAIL.pattern)
project = _form(
    "The repository's path on the forge, groups included.",
    "platform/fleet",
    pattern=PROJECT.pattern,
)
team = _form(
    "A team, as the forge writes it or as people call it.",
    "shop",
    "@acme/shop",
    pattern=rf"@?{_WORDS}(?:/{_WORDS})*",
)
group = _form(
    "A group of this fleet, or `group:NAME` for one of the forge's.",
    "qa",
    "group:acme/qa",
    pattern=rf"{LABEL.pattern}|group:[\s\S]*\S[\s\S]*",
)
chart = _form(
    "A chart's name, or its repository in an OCI registry, with neither version nor digest.",
    "podinfo",
    "ghcr.io/stefanprodan/charts/podinfo",
    pattern=CHART.pattern,
)
variable = _form(
    "The name of a variable of Flux's `postBuild.substitute`.",
    "ISTIO_VERSION",
    pattern=VARIABLE.pattern,
)
git_home = _form(
    "A git repository without scheme, user and `.git`.",
    "github.com/shop/charts",
    pattern=GIT_HOME.pattern,
)
image = _form(
    "An image repository, with neither tag nor digest.",
    "registry.example.com/shop/payments",
    pattern=IMAGE.pattern,
)
platform = _form(
    "An operating system and an architecture.", "linux/amd64", pattern=PLATFORM.pattern
)
branch = _form(
    "A branch by its short name, and none of Fairlead's own.",
    "main",
    pattern=rf"(?!{'|'.join(OURS)})(?![\s\S]*(?:{NO_BRANCH.pattern}))[\s\S]+",
)
git_url = _form(
    "The URL of a git repository, without credentials.",
    "https://git.example.com/shop/payments.git",
    "ssh://git@git.example.com/shop/payments.git",
    pattern="|".join(_URLS),
)
hook_url = _form(
    "The https URL of a webhook's receiver, without credentials or a query.",
    "https://hooks.example.com/fairlead",
    pattern=HOOK.pattern,
)
repository_path = _form(
    "A path inside the fleet repository.",
    "clusters/prod/eu",
    pattern=rf"(?!{_CLIMBING}){_SEGMENT}(?:/{_SEGMENT})*",
)
zone = _form("A time zone of the IANA database.", "Europe/Budapest", "UTC", pattern=_ZONE)
version_range = _form(
    "A range of versions, as Flux reads it.",
    ">=6.0.0",
    "1.x || 2.x",
    "^1.2.3-0",
    pattern=r"(?=[\s\S]*[0-9xX*|])[0-9A-Za-z*|<>=!~^,.+ \t\n\f\r-]+",
    maxLength=CONSTRAINT_LIMIT,
)
tag_pattern = _form(
    "A regular expression (RE2) that whole tags match; its group `version` orders them.",
    "main-(?P<version>[0-9]+)",
    pattern=r"(?=[\s\S]*\(\?P?<version>)[\x00-\x7f]+",
    maxLength=PATTERN_LIMIT,
)
git_tag_template = _template(
    "A git tag's form, with one of {version}, {semver} and {tag}.",
    "v{version}",
    rf"tag|version|semver|branch|{_SHA}|{_STAMP}",
    r"(?=[\s\S]*\{(?:version|semver|tag)\})",
)
image_tag_template = _template(
    "An image tag's form, made of {tag}, {version}, {semver}, {sha} and plain text.",
    "{tag}",
    rf"tag|version|semver|{_SHA}",
)
build_template = _template(
    "A build's image tag, with {sha} or {sha:7} and mostly {timestamp:%Y%m%d%H%M%S}.",
    "main-{sha:7}-{timestamp:%Y%m%d%H%M%S}",
    rf"tag|version|semver|branch|{_SHA}|{_STAMP}",
    r"(?=[\s\S]*\{sha)",
)
poster = WithJsonSchema(
    {
        "type": ["string", "integer"],
        "minLength": 1,
        "description": "The login of a user, or the number of an app on GitHub.",
        "examples": ["ci", 15368],
    }
)
duration = WithJsonSchema(
    {
        # A bare 0 is the one number that needs no unit.
        "type": ["string", "integer"],
        "pattern": f"^(?:0|{DURATION.pattern})$",
        "minimum": 0,
        "maximum": 0,
        "description": "Hours, minutes and seconds, in this order; `0` for none.",
        "examples": ["30s", "2m", "1h30m"],
    }
)
some_duration = _form(
    "Hours, minutes and seconds, in this order, and more than none.",
    "10m",
    "24h",
    pattern=rf"(?=[\s\S]*[1-9]){DURATION.pattern}",
)
day = _form(
    "A day, from 1970 to 9000.",
    "2026-12-20",
    pattern=rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
    format="date",
)
moment = _form(
    "A moment with its time zone, from 1970 to 9000.",
    "2026-12-20T16:00:00Z",
    "2026-12-20T17:00:00+01:00",
    pattern=rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    rf"T{_TIME}(?::[0-5][0-9])?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
)
sentence = _form(
    "One line that a person reads.",
    "INC-1234: orders are lost",
    pattern=rf"(?=[\s\S]*\S)[^\x00-\x1f\x7f]{{1,{SENTENCE_LIMIT}}}",
)
open_window = _form(
    "Days, a span of time that ends on the same day, and a time zone; both edges are closed.",
    "Mon-Thu 09:00-16:00 Europe/Budapest",
    "Mon,Wed,Fri 10:00-24:00 UTC",
    pattern=rf"\s*(?:{_SPAN})(?:,(?:{_SPAN}))*\s+{_TIME}-(?:{_TIME}|24:00)\s+{_ZONE}\s*",
)

"""How one value of the configuration is read: names, durations, addresses, templates.

Each is a pydantic annotation. What is wrong is said as `InvalidInput` by the room that knows, and
carried through pydantic with its cure by `checked` and `read_by`.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    PlainSerializer,
    Strict,
)
from pydantic_core import PydanticCustomError

from gitops.config import forms
from gitops.config.calendar import Window, date_of, moment_of, moment_text, zone_of
from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.tag_template import Template
from gitops.tags import PatternPolicy
from gitops.tree import check_path

_SCHEMES = ("https", "http", "ssh", "file")


def refused(error: InvalidInput) -> PydanticCustomError:
    """The same words as an error that pydantic collects; `ctx` has `message` and `hint`."""
    words = {"message": error.message, "hint": error.hint}
    return PydanticCustomError("refused", "{message}", words)


def checked(check: Callable[[str], object]) -> AfterValidator:
    """Keep a text that `check` reads without InvalidInput."""

    def validate(value: str) -> str:
        try:
            check(value)
        except InvalidInput as error:
            raise refused(error) from error
        return value

    return AfterValidator(validate)


def read_by(parse: Callable[[str], object]) -> BeforeValidator:
    """Replace a text by what `parse` makes of it; what is no text is left to the annotation."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except InvalidInput as error:
            raise refused(error) from error

    return BeforeValidator(validate)


def duration_of(text: str) -> timedelta:
    """`30s`, `2m`, `1h30m`, `0`; hours before minutes before seconds.

    Raises:
        InvalidInput: another form.
    """
    match = forms.DURATION.fullmatch(text)
    if text == "0":
        return timedelta()
    if match is None:
        raise InvalidInput(f"`{text}` is no duration", "write it as `30s`, `2m` or `1h30m`")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def duration_text(span: timedelta) -> str:
    """A duration of whole seconds as `duration_of` reads it: `1h30m`, `0s`."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    parts = {"h": minutes // 60, "m": minutes % 60, "s": seconds}
    return "".join(f"{count}{unit}" for unit, count in parts.items() if count) or "0s"


def _window_text(window: Window) -> str:
    return window.text


def _number_as_text(value: object) -> object:
    # YAML reads a bare 0, or the number of an app on GitHub, as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _matching(pattern: re.Pattern[str], what: str, cure: str) -> AfterValidator:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise InvalidInput(f"`{text}` is no {what}", cure)

    return checked(check)


def _image(text: str) -> None:
    if not forms.IMAGE.fullmatch(text):
        last = text.rpartition("/")[2]
        told = "names a tag or digest" if {":", "@"} & set(last) else "is no image repository"
        raise InvalidInput(f"`{text}` {told}", "write it as `registry.example.com/shop/payments`")


def _path(text: str) -> None:
    try:
        check_path(text)
    except InvalidInput as error:
        told = f"`{text}` is {error.message}"
        raise InvalidInput(told, "write it as `clusters/prod/eu`") from error


def _branch(text: str) -> None:
    if not text or forms.NO_BRANCH.search(text):
        raise InvalidInput(f"`{text}` is no branch name", "write the short name, as in `main`")
    if text.startswith(forms.OURS):
        raise InvalidInput(f"`{text}` is one of Fairlead's own branches", "name another branch")


def check_git_url(text: str) -> None:
    """Refuse what is no URL of a git repository, and one with credentials in it.

    Raises:
        InvalidInput: it is no such URL.
    """
    cure = "write it as `https://HOST/PATH.git` or `ssh://git@HOST/PATH.git`"
    if short := forms.SCP_LIKE.fullmatch(text):
        told = "not a URL but git's short form of one, which Flux does not read"
        raise InvalidInput(told, f"write it as `ssh://git@{short[1]}/{short[2]}`")
    try:
        parts = urlsplit(text)
        known = parts.scheme in _SCHEMES and bool(parts.path.strip("/"))
        known = known and (parts.scheme == "file" or bool(parts.hostname))
        secret = parts.password is not None or (parts.scheme != "ssh" and bool(parts.username))
    except ValueError as error:
        raise InvalidInput("not the URL of a git repository", cure) from error
    # The text itself is not repeated: it may hold a password.
    if secret:
        raise InvalidInput("credentials in a URL", "remove them; the operator's settings hold them")
    if not known or re.search(r"[\s\x00-\x1f]", text):
        raise InvalidInput("not the URL of a git repository", cure)


def _hook_url(text: str) -> None:
    if not forms.HOOK.fullmatch(text):
        # The text itself is not repeated: it may hold a password.
        cure = "write it as `https://HOST/PATH`, without a query; its secret is the operator's"
        raise InvalidInput("not the URL of a webhook", cure)


def _git_tag_template(text: str) -> None:
    if not Template.parse(text).fields & {"version", "semver", "tag"}:
        raise InvalidInput(f"`{text}` tells no version", "write it as `v{version}`")


def _image_tag_template(text: str) -> None:
    foreign = Template.parse(text).fields & {"branch", "timestamp"}
    if foreign:
        told = f"`{{{min(foreign)}}}` is not known of a git tag"
        raise InvalidInput(told, "use {tag}, {version}, {semver} or {sha}")


def _build_template(text: str) -> None:
    if "sha" not in Template.parse(text).fields:
        cure = "write it as `main-{sha:7}-{timestamp:%Y%m%d%H%M%S}`"
        raise InvalidInput(f"`{text}` does not tell the commit that was built", cure)


def _sentence(text: str) -> None:
    if not text.isprintable() or not text.strip():
        raise InvalidInput("not one line of plain text", "write one sentence")
    if len(text) > forms.SENTENCE_LIMIT:
        told = f"{len(text)} characters, where {forms.SENTENCE_LIMIT} are read"
        raise InvalidInput(told, "say the rest where the sentence points to")


Text = Annotated[str, Strict(), Field(min_length=1)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=100)]
Label = Annotated[
    Text,
    _matching(forms.LABEL, "name", "use at most 63 of a-z, 0-9 and -, no - at either end"),
    forms.label,
]
"""A DNS-1123 label: it becomes part of branch names, object names and paths."""
Login = Annotated[
    Text,
    _matching(forms.LOGIN, "login", "use letters, digits and _ . - only; an e-mail goes elsewhere"),
    forms.login,
]
Email = Annotated[
    Text, _matching(forms.EMAIL, "e-mail address", "write it as `ana@example.com`"), forms.email
]
Project = Annotated[
    Text,
    _matching(forms.PROJECT, "project", "write its path on the forge, as in `platform/fleet`"),
    forms.project,
]
Team = Annotated[Text, _matching(forms.TEAM, "team", "write it as `shop`"), forms.team]
Group = Annotated[Text, forms.group]
"""Whether there is such a group is asked where all groups are known."""
Image = Annotated[Text, checked(_image), forms.image]
Chart = Annotated[
    Text,
    _matching(
        forms.CHART, "chart", "write its name as `podinfo`, or `ghcr.io/shop/charts/podinfo`"
    ),
    forms.chart,
]
Variable = Annotated[
    Text, _matching(forms.VARIABLE, "variable", "write it as `ISTIO_VERSION`"), forms.variable
]
GitHome = Annotated[
    Text,
    _matching(forms.GIT_HOME, "git repository", "write it as `github.com/shop/charts`"),
    forms.git_home,
]
Platform = Annotated[
    Text, _matching(forms.PLATFORM, "platform", "write it as `linux/amd64`"), forms.platform
]
Branch = Annotated[Text, checked(_branch), forms.branch]
GitUrl = Annotated[Text, checked(check_git_url), forms.git_url]
HookUrl = Annotated[Text, checked(_hook_url), forms.hook_url]
RepositoryPath = Annotated[Text, checked(_path), forms.repository_path]
Zone = Annotated[Text, checked(zone_of), forms.zone]
Range = Annotated[Text, checked(Constraint.parse), forms.version_range]
Pattern = Annotated[Text, checked(PatternPolicy), forms.tag_pattern]
GitTagTemplate = Annotated[Text, checked(_git_tag_template), forms.git_tag_template]
ImageTagTemplate = Annotated[Text, checked(_image_tag_template), forms.image_tag_template]
BuildTemplate = Annotated[Text, checked(_build_template), forms.build_template]
Poster = Annotated[Text, BeforeValidator(_number_as_text), forms.poster]
"""A login, or the number of an app on GitHub."""
Duration = Annotated[
    InstanceOf[timedelta],
    read_by(duration_of),
    BeforeValidator(_number_as_text),
    PlainSerializer(duration_text, when_used="json"),
    forms.duration,
]
SomeDuration = Annotated[Duration, Field(gt=timedelta()), forms.some_duration]
Day = Annotated[
    InstanceOf[date],
    read_by(date_of),
    PlainSerializer(date.isoformat, when_used="json"),
    forms.day,
]
Moment = Annotated[
    InstanceOf[datetime],
    read_by(moment_of),
    PlainSerializer(moment_text, when_used="json"),
    forms.moment,
]
Sentence = Annotated[Text, checked(_sentence), forms.sentence]
"""One line that a person reads."""
OpenWindow = Annotated[
    InstanceOf[Window],
    read_by(Window.parse),
    PlainSerializer(_window_text, when_used="json"),
    forms.open_window,
]

"""Who owns which files, as a CODEOWNERS file says; on Premium it makes approval rules.

Source: GitLab, "Code Owners: Syntax, Sections, Approvals"; `ee/lib/gitlab/code_owners.rb`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.stand_ins.forge import Forge
from tests.stand_ins.model import Group, MergeRequest, Person, Rule
from tests.stand_ins.pushing import matching

PLACES = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""The first of these that is there counts."""

_SECTION = re.compile(r"(?P<free>\^)?\[(?P<name>[^\]]+)\](?:\[(?P<count>\d+)\])?(?P<owners>.*)")


@dataclass
class Section:
    """`entries`: patterns with owners, `@LOGIN` or `@GROUP/PATH`; the last that matches counts."""

    name: str
    free: bool = False
    count: int = 1
    owners: tuple[str, ...] = ()
    entries: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def of(self, path: str) -> tuple[str, tuple[str, ...]] | None:
        """The entry for a file, None for none."""
        matches = [entry for entry in self.entries if _expression(entry[0]).fullmatch(path)]
        return matches[-1] if matches else None


def parse(text: str) -> list[Section]:
    """The sections; what stands before the first is one called `codeowners`.

    Those of one name are one, whatever their case; it is free only where each of them is.
    """
    sections = {"codeowners": Section("codeowners")}
    here = sections["codeowners"]
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if head := _SECTION.fullmatch(line):
            key = head["name"].casefold()
            free, count = head["free"] is not None, int(head["count"] or 1)
            known = sections.setdefault(key, Section(head["name"], free, count))
            known.free = known.free and free
            here, owners = known, tuple(head["owners"].split())
            here.owners = owners or here.owners
            continue
        pattern, *named = re.split(r"(?<!\\)\s+", line)
        here.entries.append((pattern.replace("\\ ", " "), tuple(named) or here.owners))
    return [one for one in sections.values() if one.entries]


def owner_rules(forge: Forge, request: MergeRequest) -> list[Rule]:
    """A rule for each entry that a merge request's files fall under.

    The file counts as it is on the target branch. Rules require something where the branch's
    protection says so, and where somebody is there who could approve.
    """
    git = request.project.git
    target = git.head(request.target_branch)
    entries = (git.entry(target, place) for place in PLACES) if target else iter(())
    found = next((entry for entry in entries if entry), None)
    if found is None:
        return []
    protections = matching(request.project.protected_branches, request.target_branch)
    wanted = any(one.owners for one in protections)
    last = request.versions[-1]
    paths = git.git("diff", "--name-only", "-z", last.base, last.head).split("\0")
    rules: dict[tuple[str, str], Rule] = {}
    for section in parse(git.blob(found.sha).decode(errors="replace")):
        for path in filter(None, paths):
            if entry := section.of(path):
                key = (section.name, entry[0])
                number = -len(rules) - 1  # made anew on each look, as it depends on the head
                required = 0 if section.free or not wanted else section.count
                rule = rules.setdefault(key, Rule(number, entry[0], required, "code_owner"))
                rule.section = section.name
                rule.people, rule.groups = _owners(forge, entry[1])
    return list(rules.values())


def _owners(forge: Forge, names: Iterable[str]) -> tuple[list[Person], list[Group]]:
    people, groups = [], []
    for name in names:
        if person := forge.login(name.removeprefix("@")):
            people.append(person)
        elif group := forge.group(name.removeprefix("@")):
            groups.append(group)
    return people, groups


def _expression(pattern: str) -> re.Pattern[str]:
    """A pattern as an expression for whole paths: without a slash in front, at any depth."""
    if pattern == "*":
        return re.compile(".*", re.DOTALL)
    start = "" if pattern.startswith("/") else "(?:.*/)?"
    text = pattern.strip("/") + ("/**" if pattern.endswith("/") else "")
    parts = [
        {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*|\*|\?)", text)
    ]
    return re.compile(f"{start}{''.join(parts)}", re.DOTALL)

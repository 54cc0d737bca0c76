"""Ranges, versions, patterns and templates to ask Flux's libraries about: always the same ones."""

from collections.abc import Sequence
from random import Random

OPERATORS = ["", "", "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"]
WRONG_OPERATORS = ["==", ">>", "><", "=!", "!", "~=", "^~", "> =", "~ >", "<>"]
NUMBERS = ["0", "0", "0", "1", "1", "1", "2", "2", "3", "10", "x", "X", "*", "01", "00"]
WRONG_NUMBERS = ["18446744073709551615", "18446744073709551616", "1x", "x1", "|", "-1", "", "a"]
PRERELEASES = [
    "0",
    "rc.1",
    "rc.0",
    "rc",
    "alpha",
    "beta.2",
    "BETA",
    "rc10",
    "rc2",
    "1",
    "-5",
    "a-b",
]
WRONG_PRERELEASES = ["01", "", "a..b", "rc.01", "18446744073709551615", "18446744073709551616", "_"]
BUILDS = ["b", "b.1", "01"]
BLANKS = ["", "", "", " "]
WRONG_BLANKS = ["  ", "\t", "\n", "\v", "\xa0", "\f", "\r"]

DEPTH = 3
# fmt: off
ATOMS = ["a", "b", "1", ".", "-", r"\.", r"\d", r"\w", "[ab]", "[^a]", "[a-c1]", "[[:alpha:]]"]
ODD_ATOMS = [
    r"\b", r"\B", "^", "$", r"\A", r"\z", r"\Z", r"\C", r"\Q.\E", r"\pL", r"\x61", r"\1", r"\s",
    r"\D", r"\W", "[]a]", "[^]a]", "[a", "[b-a]", r"\141", r"\07", "(?i)", "(?s).", "(?m)^", "(?U)",
    "(?=a)", "(?#a)", r"\p{Greek}", r"\pN", r"\a", r"\_", r"\e", "(?i:A)",
]
# fmt: on
REPETITIONS = ["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,}"]
ODD_REPETITIONS = ["*?", "+?", "??", "**", "{2,1}", "{1001}", "{,2}", "{", "{a}", "{2}{3}", "{2}?"]


class Writer:
    """Writes questions from one seed; about one part in twenty is not as it should be."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def range(self) -> str:
        """Groups of comparators and hyphen ranges, now and then damaged."""
        text = "||".join(self._group() for _ in range(self.random.choice([1, 1, 1, 2, 3])))
        damage = self.random.random()
        if damage < 0.05:
            at = self.random.randrange(len(text))
            put = self.random.choice("|-,. xX*v^~=<>!+0")
            return text[:at] + put + text[at + self.random.choice([0, 1]) :]
        return text[: self.random.randrange(len(text))] if damage < 0.06 else text

    def version(self) -> str:
        """Up to four parts, with or without `v`, prerelease and build."""
        parts = [self._one_of(NUMBERS[:10], NUMBERS + WRONG_NUMBERS)]
        more = range(self.random.choice([0, 1, 1, 2, 2, 2, 2, 2, 2, 3]))
        parts += [self._one_of(NUMBERS[:10], NUMBERS + WRONG_NUMBERS) for _ in more]
        return self._one_of(["", "v"], ["V", " ", "vv"]) + ".".join(parts) + self._suffix(0.5)

    def pattern(self) -> str:
        """RE2 syntax over a small alphabet, in at most 256 characters, each name once."""
        while len(text := self._pattern(DEPTH)) > 256:
            pass
        for name in "ab":
            first, mark, rest = text.partition(f"<{name}>")
            rest = rest.replace(f"(?P<{name}>", "(").replace(f"(?<{name}>", "(")
            text = first + mark + rest
        if self.random.random() < 0.06:
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice("()[]{}*+?|\\^$.-") + text[at:]
        return f"^{text}$" if self.random.random() < 0.2 else text

    def template(self) -> str:
        """Texts and references, well or badly written."""
        known = ["$a", "${a}", "$1", "${1}", "$2", "$0", "$$", "$b", "-", "x", "_", "."]
        other = [
            "$",
            "${",
            "}",
            "${}",
            "$01",
            "${a",
            "$a_",
            "$1_$2",
            "$9",
            "$999999999999",
            "${a-}",
        ]
        return "".join(self._one_of(known, other, 0.2) for _ in range(self.random.randrange(5)))

    def text(self) -> str:
        """A tag of the patterns' alphabet."""
        return "".join(self.random.choices("aab1.-_A\n", k=self.random.randrange(8)))

    def _one_of(self, right: Sequence[str], wrong: Sequence[str], rate: float = 0.03) -> str:
        return self.random.choice(wrong if self.random.random() < rate else right)

    def _group(self) -> str:
        text = self._blank() + self._comparator()
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            text += self._one_of([",", " ", ", "], [" , ", ",,", "", " ,,", "&&", ", ,"])
            text += self._comparator()
        return text + self._blank()

    def _comparator(self) -> str:
        kind = self.random.random()
        if kind < 0.12:
            return f"{self._bound()} {self._blank()}-{self._blank()} {self._bound()}"
        if kind < 0.14:
            return f"{self._bound()}{self._blank()}-{self._blank()}{self._bound()}"
        return self._one_of(OPERATORS, WRONG_OPERATORS) + self._blank() + self._bound()

    def _bound(self) -> str:
        parts = [self._one_of(NUMBERS, WRONG_NUMBERS)]
        more = range(self.random.choice([0, 1, 2, 2]))
        parts += [self._one_of(NUMBERS, WRONG_NUMBERS) for _ in more]
        return self._one_of(["", "", "v"], ["V"]) + ".".join(parts) + self._suffix(0.3)

    def _suffix(self, rate: float) -> str:
        text = ""
        if self.random.random() < rate:
            text += "-" + self._one_of(PRERELEASES, WRONG_PRERELEASES, 0.08)
        if self.random.random() < 0.05:
            text += "+" + self._one_of(BUILDS, ["b_c", ""])
        return text

    def _pattern(self, depth: int) -> str:
        return "".join(self._piece(depth) for _ in range(self.random.choice([1, 1, 2, 2, 3])))

    def _blank(self) -> str:
        return self._one_of(BLANKS, WRONG_BLANKS)

    def _piece(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.5:
            text = self._one_of(ATOMS, ODD_ATOMS, 0.15)
        else:
            text = self._group_of(depth)
        return text + self._one_of(REPETITIONS, ODD_REPETITIONS, 0.08)

    def _group_of(self, depth: int) -> str:
        kind = self.random.choice(["(%s)", "(%s)", "(?P<a>%s)", "(?P<b>%s)", "(?:%s)", "(?<a>%s)"])
        alternatives = range(self.random.choice([1, 1, 2, 3]))
        text = "|".join(self._pattern(depth - 1) for _ in alternatives)
        return kind % (text + "|" if self.random.random() < 0.05 else text)

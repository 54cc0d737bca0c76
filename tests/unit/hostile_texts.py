"""Texts that strangers could write to have a forge do something, by the number."""

from collections.abc import Iterator
from random import Random

SIGNS = (
    *(
        "/merge",
        "/approve",
        "/close",
        "/label ~x",
        "/target_branch main",
        "/assign @ana",
        "/spend 1h",
    ),
    *("@all", "@ana", "@acme/qa", "@2h", "#1", "!2", "acme/fleet#3", "acme/fleet@d8a994ef243349"),
    *(
        "Closes #1",
        "fixes !2",
        "Resolves acme/x#3",
        "Implements GH-4",
        "fix: #9",
        "GH-12",
        "ABC-12",
    ),
    *("&5", "%3", "$7", "~bug", "^alert#1", "[issue:4]", "[work_item:4]", ":tada:", "SECRET:x"),
    *("<img src=x onerror=y>", "<a href=x>", "<!--", "-->", "<details>", "</details>", "<script>"),
    *("[x](http://evil.example)", "![x](http://evil.example/a.png)", "[x][y]", "[y]: http://x"),
    *(
        "http://evil.example",
        "https://evil.example/@x",
        "www.evil.example",
        "<http://evil.example>",
    ),
    *("mailto:x@evil.example", "javascript:x()", "data:text/html,x", "&#64;all", "&commat;all"),
)
FRAMES = (
    *("`", "``", "```", "````", "`````", "~~~", "~~~~", "\\`", "\\", "|", "||", "\\|", "¦"),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        "\u2028",
        "\u2029",
        "\u0085",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1e",
    ),
    *(" ", "  ", "    ", "> ", ">>>", "- ", "* ", "1. ", "# ", "---", "===", "***", "__", "~~"),
    *("\x00", "\x1b[31m", "\u202e", "\u200b", "\ufeff", "\u2066", "\ud800", "\U000e0041", "\u00ad"),
    *(
        "é",
        "🚢",
        "ﬁx",
        "\uff20all",
        "\uff0fmerge",
        "\uff031",
        "$",
        "$`",
        "`$",
        "{{",
        "}}",
        "%{",
        "[",
        "]",
        "(",
        ")",
    ),
    *("<!-- fairlead: gates -->", "<!-- fairlead: end of gates -->", "<!-- fairlead: {} -->"),
    *("```diff\n", "\n```\n", "\n````\n", "\n~~~\n", "\n/merge\n", "\n@all\n", "\nCloses #1\n"),
)
WORDS = ("Add", "retry", "to", "v1.0", "payments", "rc.1", "0", "x" * 70, "y" * 250)


def hostile(seed: int, count: int) -> Iterator[str]:
    """So many texts, the same for the same seed."""
    random = Random(seed)
    for _ in range(count):
        pieces = [
            random.choice(random.choices((SIGNS, FRAMES, WORDS), (4, 5, 2))[0])
            for _ in range(random.randint(1, 9))
        ]
        yield random.choice(("", " ", "\n")).join(pieces)

r"""What a credential looks like: the keys it stands under, and its own form.

>>> is_telling("adminPassword", "correct horse")
True
>>> is_telling("passwordSecretRef", "shop-db")
False
"""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SURE = frozenset(
    {
        ("password",),
        ("passwd",),
        ("passphrase",),
        ("api", "key"),
        ("apikey",),
        ("api", "token"),
        ("access", "token"),
        ("auth", "token"),
        ("bot", "token"),
        ("secret", "key"),
        ("access", "secret"),
        ("secret", "access", "key"),
        ("client", "secret"),
        ("private", "key"),
        ("webhook", "secret"),
    }
)
"""How a key ends whose value is a credential, in words."""

_UNSURE = frozenset({("token",), ("secret",), ("credential",), ("credentials",), ("access", "key")})
"""Where it may be: the value has to look like one, too."""

_REFERENCE = re.compile(
    r"""
    .*(?:\$\{|\$\(|\{\{|<[^<>]*>|%[A-Za-z_]+%|__[A-Z_]+__|ENC\[)   # filled in elsewhere
    | \$[A-Za-z_]
    | (?:ref\+|op://|vault:|secret://|arn:|env[:.]|file:|https?://|/|\./|\*+$|x+$|X+$)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS_FOR_NOTHING = frozenset(
    """
    changeme change-me change_me placeholder redacted dummy example none null todo unused disabled
    enabled true false yes no
    """.split()  # noqa: SIM905
)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_.~-]{16,}")
_PLAIN_NAME = re.compile(r"[a-z]+[0-9]{0,3}(?:[-._/][a-z]*[0-9]{0,3})*")

TOKEN = re.compile(
    rb"""
    (?<![A-Za-z0-9_])(?:
      (?P<aws>(?:AKIA|ASIA)[A-Z0-9]{16})
    | (?P<github>gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{60,})
    | (?P<gitlab>gl(?:pat|dt|rt|ptt|agent)-[A-Za-z0-9_-]{20,})
    | (?P<slack>xox[abeoprs]-[A-Za-z0-9-]{20,})
    | (?P<google>AIza[A-Za-z0-9_-]{35})
    | (?P<stripe>[rs]k_live_[A-Za-z0-9]{20,})
    | (?P<npm>npm_[A-Za-z0-9]{36})
    | (?P<vault>hv[bs]\.[A-Za-z0-9_-]{24,})
    | (?P<age>AGE-SECRET-KEY-1[A-Z0-9]{58})
    )(?![A-Za-z0-9])
    """,
    re.VERBOSE,
)
"""Tokens that their makers gave a form of its own, by who takes them."""

TOKEN_SCREEN = (
    *(b"AKIA", b"ASIA", b"gh", b"gl", b"xox", b"AIza", b"k_live_", b"npm_", b"hvs.", b"hvb."),
    b"AGE-SECRET-KEY-1",
)
PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?!ENCRYPTED)(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\s|\\[nr]){1,40}(?:(?:Version|Comment): [^\n]{0,200}\s{1,40}){0,3}[A-Za-z0-9+/]{32}"
)
"""With the beginning of the key itself: its first line alone is no secret."""
TITLES = {
    "aws": "an AWS access key",
    "github": "a token of GitHub",
    "gitlab": "a token of GitLab",
    "slack": "a token of Slack",
    "google": "an API key of Google",
    "stripe": "a key of Stripe",
    "npm": "a token of npm",
    "vault": "a token of Vault",
    "age": "an age key, which opens whatever SOPS encrypted for it",
}


def is_telling(key: str, value: str) -> bool:
    """Whether a key and its value look like a credential in plain text."""
    words = tuple(word.lower() for word in _WORD.findall(key))
    ends = {words[-length:] for length in (1, 2, 3)}
    if not (ends & _SURE or ends & _UNSURE) or not is_literal(value):
        return False
    return bool(ends & _SURE) or is_random(value)


def is_literal(value: str) -> bool:
    """Whether a text stands for itself: no variable, template, path, address or placeholder."""
    stripped = value.strip()
    nothing = not stripped or stripped.lower() in _WORDS_FOR_NOTHING or len(set(stripped)) == 1
    return not nothing and _REFERENCE.match(stripped) is None


def is_random(value: str) -> bool:
    """Whether a text looks as if nobody had made it up."""
    return _RANDOM.fullmatch(value) is not None and _PLAIN_NAME.fullmatch(value) is None

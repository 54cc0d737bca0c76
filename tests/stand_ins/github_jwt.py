"""The JSON web tokens by which a GitHub App names itself.

Source: GitHub, "Generating a JSON Web Token (JWT) for a GitHub App".
"""

from datetime import timedelta

import jwt

from tests.stand_ins.github_state import App, GitHubForge
from tests.stand_ins.web import Refused

_LONGEST = timedelta(minutes=10)
_LEEWAY = timedelta(seconds=60)


def app_of(forge: GitHubForge, text: str) -> App:
    """The app whose key signed it.

    Raises:
        Refused: 401, for it is no such token, is over, or says too much of its time.
    """
    try:
        issuer = str(jwt.decode(text, options={"verify_signature": False})["iss"])
    except (jwt.PyJWTError, KeyError):
        raise _refused("A JSON web token could not be decoded") from None
    known = (app for app in forge.apps.values() if issuer in {str(app.id), f"Iv23{app.id}"})
    app = next(known, None)
    if app is None:
        raise _refused("Integration not found", status=404)
    try:
        claims = jwt.decode(
            text,
            app.public_key,
            algorithms=["RS256"],
            options={"require": ["iat", "exp", "iss"]},
            leeway=_LEEWAY,
        )
    except jwt.ExpiredSignatureError:
        words = "'Expiration time' claim ('exp') must be a numeric value representing the future"
        raise _refused(words) from None
    except jwt.PyJWTError:
        raise _refused("A JSON web token could not be decoded") from None
    if claims["exp"] - forge.tick().timestamp() > (_LONGEST + _LEEWAY).total_seconds():
        raise _refused("'Expiration time' claim ('exp') is too far in the future")
    return app


def _refused(message: str, status: int = 401) -> Refused:
    documentation = "https://docs.github.com/rest"
    content = {"message": message, "documentation_url": documentation, "status": str(status)}
    return Refused(status, content)

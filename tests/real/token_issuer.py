"""A token service for docker-registry: ES256 tokens, for one login, on loopback.

Source: distribution specification, "Token Authentication" and "Token Scope".
"""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

SERVICE = "fairlead-test-registry"
ISSUER = "fairlead-test-issuer"
FORBIDDEN = "forbidden/"
"""No token allows anything to repositories that start so."""


class TokenIssuer:
    """Serves from the moment it is made until it is closed; `asked` are the scopes asked for."""

    def __init__(self, username: str, password: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _self_signed(self._key)
        pair = f"{username}:{password}".encode()
        self.authorization = f"Basic {base64.b64encode(pair).decode()}"
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.issuer = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def certificate(self) -> bytes:
        """PEM, for the registry's `rootcertbundle`."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def token(self, repository: str, actions: list[str]) -> str:
        """A token for this repository; for a forbidden one it allows nothing."""
        now = datetime.now(UTC)
        allowed = {"type": "repository", "name": repository, "actions": actions}
        claims = {
            "iss": ISSUER,
            "aud": SERVICE,
            "sub": "tester",
            "iat": now,
            "nbf": now - timedelta(seconds=5),
            "exp": now + timedelta(minutes=5),
            "access": [] if repository.startswith(FORBIDDEN) else [allowed],
        }
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        chain = [base64.b64encode(der).decode()]
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"x5c": chain})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    issuer: TokenIssuer


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        issuer = self.server.issuer
        query = parse_qs(urlsplit(self.path).query)
        scope = query.get("scope", [""])[0]
        issuer.asked.append(scope)
        kind, _, rest = scope.partition(":")
        repository, _, actions = rest.rpartition(":")
        if self.headers.get("Authorization") != issuer.authorization:
            self._answer(401, {"details": "incorrect username or password"})
        elif kind != "repository" or query.get("service") != [SERVICE]:
            self._answer(400, {"details": "unknown scope or service"})
        else:
            self._answer(200, {"token": issuer.token(repository, actions.split(","))})

    def _answer(self, status: int, content: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )

"""A client of one cluster: the library's, held to our transport."""

import ssl
from types import TracebackType
from typing import Self

import httpx2
from lightkube.config.client_adapter import verify_cluster
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import Cluster, Context, User
from lightkube.core.client import Client

from bot.adapters.flux_kubeconfig import Access
from bot.adapters.flux_transport import ClusterTransport
from bot.ports import Clock
from gitops.errors import InvalidInput


class ClusterClient:
    """Access to one cluster for one call; use it in a `with`."""

    def __init__(self, access: Access, seconds: float, now: Clock) -> None:
        """Read the files that `access` names; nothing is asked yet.

        Args:
            access: what to ask, as whom.
            seconds: for everything that is asked, together.
            now: our clock.

        Raises:
            InvalidInput: a file holds no token, or no certificates.
        """
        token = _token(access)
        cluster = Cluster(
            server=access.server,
            certificate_auth=_path(access.ca_file),
            certificate_auth_data=access.ca_data,
        )
        user = User(
            client_cert=_path(access.certificate),
            client_cert_data=access.certificate_data,
            client_key=_path(access.key),
            client_key_data=access.key_data,
        )
        try:
            context = verify_cluster(cluster, user, lambda path: path, trust_env=False)
        except (OSError, ValueError) as error:
            raise InvalidInput(_uncertified(access, error), "give PEM files") from None
        self.transport = ClusterTransport(access.server, context, seconds, now)
        # Whom to trust, and the client's certificate, are the transport's.
        self.client = Client(
            SingleConfig(
                "cluster",
                Context(cluster="cluster"),
                Cluster(server=access.server),
                User(token=token),
            ),
            timeout=httpx2.Timeout(seconds),
            trust_env=False,
            transport=self.transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()


def _uncertified(access: Access, error: Exception) -> str:
    """Which files it may be, and what the system says of them, where that is one of its words."""
    files = (access.ca_file, access.certificate, access.key)
    named = ", ".join(str(each) for each in files if each is not None)
    why = ""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        why = f" ({error.strerror})"
    return f"its certificates cannot be read{': ' if named else ''}{named}{why}"


def _token(access: Access) -> str | None:
    if access.token_file is None:
        found = access.token.reveal() if access.token is not None else None
    else:
        try:
            found = access.token_file.read_text(encoding="ascii").strip()
        except OSError as error:
            told = f"no token can be read from {access.token_file} ({error.strerror})"
            raise InvalidInput(told, "give a file that holds nothing else") from None
        except UnicodeDecodeError:
            told = f"no token can be read from {access.token_file} (no text)"
            raise InvalidInput(told, "give a file that holds nothing else") from None
    if found == "" and access.token_file is not None:
        told = f"its token file is empty: {access.token_file}"
        raise InvalidInput(told, "make the token again")
    if found is not None and not (found and found.isascii() and found.isprintable()):
        told = f"its token is none{f': {access.token_file}' if access.token_file else ''}"
        raise InvalidInput(told, "give one line of printable characters")
    return found


def _path(path: object) -> str | None:
    return None if path is None else str(path)

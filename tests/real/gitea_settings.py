"""What a Gitea for tests is told: loopback, sqlite, nothing that it does by itself."""

import getpass
from pathlib import Path

from tests.real.authority import Authority

PAGE = 5
"""What it gives at once, whatever is asked for: few, so that every list has pages."""

_CONFIGURATION = """\
RUN_MODE = prod
RUN_USER = {user}
WORK_PATH = {directory}
[server]
PROTOCOL = {protocol}
CERT_FILE = {certificate}
KEY_FILE = {key}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {url}/
STATIC_ROOT_PATH = {static}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
SQLITE_JOURNAL_MODE = WAL
[api]
DEFAULT_PAGING_NUM = 3
MAX_RESPONSE_ITEMS = {page}
[repository]
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$1000$50
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = loopback
[indexer]
ISSUE_INDEXER_TYPE = db
[actions]
ENABLED = false
[cron]
ENABLED = false
[log]
MODE = console
LEVEL = warn
logger.access.MODE = access
[log.access]
MODE = file
LEVEL = info
FILE_NAME = {access_log}
LOG_ROTATE = false
"""

ACCESS_LOG = "access.log"
"""In its directory: a line for each request, with the method and the path in quotes."""


def configuration(
    directory: Path, installed: Path, port: int, authority: Authority | None, page: int
) -> str:
    """The text of its `app.ini`; https where there is an `authority`, `page` things at once."""
    protocol = "https" if authority else "http"
    return _CONFIGURATION.format(
        user=getpass.getuser(),
        directory=directory,
        port=port,
        protocol=protocol,
        url=f"{protocol}://127.0.0.1:{port}",
        static=installed,
        page=page,
        access_log=directory / ACCESS_LOG,
        certificate=authority.certificate if authority else "",
        key=authority.key if authority else "",
    )

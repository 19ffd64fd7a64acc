"""Make ``.env`` for ``docker-compose.yml``: a strong value for each secret, none known before.

Runs on the machine's own Python, with nothing installed: ``python3 include/zonehouse/deployment/env_file.py .env``.
A value that is there is kept, so that the file can be completed after an upgrade, and a secret is rotated by deleting
its line (``docs/operations.md``).
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path


def _token() -> str:
    # Letters, digits, "-" and "_": safe in an address of a database, in a shell and in compose's own substitution.
    return secrets.token_urlsafe(36)


def _signing_token() -> str:
    # HMAC with SHA-512 wants a key of 64 bytes (RFC 7518, 3.2).
    return secrets.token_urlsafe(64)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


SECRETS: Mapping[str, tuple[Callable[[], str], str]] = {
    "POSTGRES_PASSWORD": (_token, "PostgreSQL's superuser: used to prepare the databases, by nothing else"),
    "AIRFLOW_DATABASE_PASSWORD": (_token, "Airflow's metadata and Celery's results"),
    "SERVING_LOADER_PASSWORD": (_token, "the role that loads the serving schema"),
    "SERVING_READER_PASSWORD": (_token, "bi_reader, the login for BI tools: reads the serving schema, nothing else"),
    "REDIS_PASSWORD": (_token, "Celery's broker"),
    "AIRFLOW_FERNET_KEY": (_fernet_key, "encrypts connections in Airflow's metadata"),
    "AIRFLOW_JWT_SECRET": (_signing_token, "one for all services: signs the tokens between them"),
    "AIRFLOW_API_SECRET_KEY": (_token, "signs the sessions of the pages"),
    "AIRFLOW_ADMIN_PASSWORD": (_token, "the first user, admin"),
    "SUPERSET_DATABASE_PASSWORD": (_token, "Superset's own metadata (profile bi)"),
    "SUPERSET_SECRET_KEY": (_token, "Superset's sessions and stored passwords (profile bi)"),
    "SUPERSET_ADMIN_PASSWORD": (_token, "Superset's first user, admin (profile bi)"),
}
# Not secret: what an operator may want to change, with what is taken when it is left as it is.
OPTIONS: Mapping[str, tuple[str, str]] = {
    "COMPOSE_PROJECT_NAME": ("zonehouse", "what compose calls its containers and volumes"),
    "ZONEHOUSE_PORT": ("8080", "Airflow's pages and the stewards' console, on localhost only"),
    "SUPERSET_PORT": ("8088", "Superset, on localhost only (profile bi)"),
    "PAGES_URL": ("http://localhost:{ZONEHOUSE_PORT}", "the pages' address in browsers: https://... behind a proxy"),
    "PAGES_COOKIE_SECURE": ("False", "True behind a proxy with TLS: browsers send the sessions over HTTPS only"),
    "PAGES_PROXY": ("127.0.0.1", "* behind a proxy with TLS: who may say which way a request came"),
    "ZONEHOUSE_INBOX_FOLDER": ("inbox", "a folder of this machine for the workbooks, or the name of a volume"),
    "ZONEHOUSE_INBOX_URL": ("", "an inbox on S3 or SFTP instead (docs/operations.md)"),
    "ZONEHOUSE_SMTP_CONNECTION": ("", "zonehouse_smtp when the next line is filled in (docs/operations.md, mail)"),
    "AIRFLOW_CONN_ZONEHOUSE_SMTP": ("", "the mail server: a JSON text, see docs/operations.md"),
    "ZONEHOUSE_MAIL_FROM": ("", "the sender's address"),
    "ZONEHOUSE_ALERT_TO": ("", "addresses for alerts, separated by commas"),
    "ZONEHOUSE_CONTACTS": ("", "/state/contacts.csv: whom reminders go to"),
    "OPENLINEAGE_TRANSPORT": ("", "where lineage events go: a JSON text, see docs/operations.md"),
    "STATSD_ON": ("False", "True sends Airflow's metrics by UDP (docs/operations.md)"),
    "STATSD_HOST": ("localhost", "the StatsD server that takes them, port 8125"),
    "ZONEHOUSE_FORMS": ("", "/state/forms: the authority's own form versions (docs/form-definitions.md)"),
    "ZONEHOUSE_LANGUAGE": ("vi", "vi or en"),
    "ZONEHOUSE_SETTLE_SECONDS": ("60", "a file changed more recently is left for the next load"),
}


def write_env_file(path: Path) -> list[str]:
    """Complete the file at ``path``; the names that were added. It is readable by its owner only."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
    there = {name.strip(): value.strip() for name, _, value in lines}
    port = there.get("ZONEHOUSE_PORT") or OPTIONS["ZONEHOUSE_PORT"][0]
    options = {name: (value.replace("{ZONEHOUSE_PORT}", port), why) for name, (value, why) in OPTIONS.items()}
    new = {name: (make(), why) for name, (make, why) in SECRETS.items()} | options
    added = [name for name in new if name not in there]
    if text and not text.endswith("\n"):
        text += "\n"
    _write(path, text + "".join(f"# {new[name][1]}\n{name}={new[name][0]}\n" for name in added))
    return added


def _write(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".part")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def main(arguments: list[str]) -> int:
    """``env_file.py [FILE]``: complete FILE (default ``.env``) and say what was added, never a value."""
    path = Path(arguments[0] if arguments else ".env")
    added = write_env_file(path)
    told = f"added {', '.join(added)}" if added else "nothing was missing"
    sys.stdout.write(f"{path}: {told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the services of ``docker-compose.yml`` find prepared: ``python -m zonehouse.deployment.prepare``.

Safe to repeat: it runs at each ``docker compose up``, so that a changed secret in ``.env`` is taken over and an upgrade
migrates Airflow's metadata before anything uses it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from zonehouse.deployment import metadata
from zonehouse.settings import Settings

if TYPE_CHECKING:
    import psycopg

_log = structlog.get_logger(__name__)

READER_LOGIN = "bi_reader"


class DeploymentError(RuntimeError):
    """The services cannot be prepared: says what to look at."""


class DeploymentOptions(BaseSettings):
    """Passwords that only the preparation is given."""

    model_config = SettingsConfigDict(env_prefix="ZONEHOUSE_", frozen=True, env_ignore_empty=True)

    superuser_url: SecretStr = Field(
        description="PostgreSQL as its superuser: postgresql://postgres:password@host/postgres"
    )
    admin_password: SecretStr = Field(description="of the first user of the pages, admin")
    serving_reader_password: SecretStr = Field(description="of bi_reader, the login for BI tools")
    superset_password: SecretStr | None = Field(default=None, description="of Superset's database, where it is used")


def prepare(settings: Settings, options: DeploymentOptions, environment: Mapping[str, str]) -> None:
    """Make databases and roles, migrate Airflow's metadata, make its first user and the writer's pool.

    ``environment`` is that of Airflow's services: the addresses in it name the roles and their passwords.

    Raises:
        DeploymentError: an address is missing, PostgreSQL refused, or Airflow's metadata could not be migrated.
    """
    _prepare_databases(settings, options, environment)
    _prepare_metadata(options, environment)
    _log.info("deployment_prepared")


def _prepare_databases(settings: Settings, options: DeploymentOptions, environment: Mapping[str, str]) -> None:
    import psycopg

    if settings.serving_url is None:
        raise DeploymentError("ZONEHOUSE_SERVING_URL is not set: docker-compose.yml gives it")
    logins = [
        _login(environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "")),
        _login(settings.serving_url.get_secret_value()),
    ]
    if options.superset_password is not None:
        logins.append(("superset", options.superset_password.get_secret_value(), "superset"))
    try:
        with psycopg.connect(options.superuser_url.get_secret_value(), autocommit=True) as server:
            for role, password, database in logins:
                _ensure_role(server, role, password)
                _ensure_database(server, database, role)
            _ensure_reader(server, settings, options, logins[1][2])
    except psycopg.Error as error:
        reason = error.diag.message_primary or type(error).__name__
        raise DeploymentError(
            f"PostgreSQL refused: {reason}; see `docker compose logs postgres`. After a change of POSTGRES_PASSWORD "
            "in .env, the password inside must be changed too (docs/operations.md, rotating secrets)"
        ) from error


def _login(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    database = parts.path.lstrip("/")
    if not (parts.username and parts.password and database):
        raise DeploymentError("an address of PostgreSQL lacks its user, password or database: see docker-compose.yml")
    return parts.username, parts.password, database


def _ensure_role(server: psycopg.Connection[Any], role: str, password: str) -> None:
    from psycopg import sql

    exists = server.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = "alter" if exists else "create"
    server.execute(sql.SQL(verb + " role {} login password {}").format(sql.Identifier(role), sql.Literal(password)))


def _ensure_database(server: psycopg.Connection[Any], database: str, owner: str) -> None:
    from psycopg import sql

    if server.execute("select 1 from pg_database where datname = %s", [database]).fetchone() is None:
        server.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(owner)))
    server.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))


def _ensure_reader(
    server: psycopg.Connection[Any], settings: Settings, options: DeploymentOptions, database: str
) -> None:
    """The readers' role, and one login that has it: the loader itself has no right to make roles."""
    from psycopg import sql

    group = settings.serving_reader_role
    if server.execute("select 1 from pg_roles where rolname = %s", [group]).fetchone() is None:
        server.execute(sql.SQL("create role {} nologin").format(sql.Identifier(group)))
    _ensure_role(server, READER_LOGIN, options.serving_reader_password.get_secret_value())
    names = {
        "group": sql.Identifier(group),
        "login": sql.Identifier(READER_LOGIN),
        "database": sql.Identifier(database),
    }
    for statement in (
        "grant {group} to {login}",
        "grant connect on database {database} to {group}",
        "alter role {login} set default_transaction_read_only = on",
        # A forgotten transaction would hold up the swap of a release (docs/bi.md).
        "alter role {login} set idle_in_transaction_session_timeout = '60s'",
    ):
        server.execute(sql.SQL(statement).format(**names))


def _prepare_metadata(options: DeploymentOptions, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", metadata.__name__],
        env=dict(environment) | {metadata.PASSWORD: options.admin_password.get_secret_value()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise DeploymentError(f"Airflow's metadata could not be prepared:\n{tail}")


def main() -> int:
    """The exit code; a failure is told in one line an event."""
    try:
        prepare(Settings(), DeploymentOptions(), os.environ)  # type: ignore[call-arg]
    except DeploymentError as error:
        _log.error("deployment_not_prepared", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

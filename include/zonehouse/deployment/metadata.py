"""Airflow's metadata made ready: migrated, with its first user and the writer's pool; safe to repeat.

``python -m zonehouse.deployment.metadata`` in the environment of Airflow's services: Airflow reads its configuration
once, so it has a process of its own, and one for all steps, since to import it takes seconds. The password comes by the
environment: a process's arguments can be read by everyone on the machine.
"""

from __future__ import annotations

import os
import sys

PASSWORD = "ZONEHOUSE_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable
ADMIN = "admin"
_WRITER_POOL = ("duckdb_writer", "1", "DuckDB takes one writer")


def ensure_admin(password: str) -> None:
    """Make the user ``admin``, or give the one that is there this password.

    Raises:
        RuntimeError: Airflow refused.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
    from airflow.utils.providers_configuration_loader import providers_configuration_loaded

    @providers_configuration_loaded
    def ensure() -> bool:
        with get_application_builder() as builder:
            people = builder.sm
            if (known := people.find_user(ADMIN)) is not None:
                return bool(people.reset_password(known.id, password))
            role = people.find_role("Admin")
            return bool(people.add_user(ADMIN, "Admin", "Zonehouse", "admin@localhost", role, password))

    if not ensure():
        raise RuntimeError("Airflow did not take its first user, admin")


def _airflow(*arguments: str) -> None:
    from airflow.cli.cli_parser import get_parser

    asked = get_parser().parse_args(arguments)
    asked.func(asked)


def main() -> int:
    """The exit code; what fails is raised."""
    _airflow("db", "migrate")
    ensure_admin(os.environ[PASSWORD])
    _airflow("pools", "set", *_WRITER_POOL)
    return 0


if __name__ == "__main__":
    sys.exit(main())

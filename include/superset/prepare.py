"""Make Superset ready for people: ``python include/superset/prepare.py``, with Superset's own Python.

Migrates its metadata, gives its first user (``admin``) the password in ``SUPERSET_ADMIN_PASSWORD``, imports the
database, datasets, charts and dashboards that lie beside this file, and makes the roles that may see them. Safe to
repeat: it runs at each start, so that an upgrade's dashboards replace those of the same identity; what people saved
under other names stays. The other settings are those of ``superset_config.py``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

BUNDLE = Path(__file__).resolve().parent
ADMIN = "admin"
# A role for each dashboard, given beside Superset's own role Gamma: the datasets of its charts and no others.
ROLES = {"leaders": "zonehouse_leaders", "stewards": "zonehouse_stewards"}


def read_bundle(folder: Path = BUNDLE) -> dict[str, str]:
    """The files of the bundle by their path in it, as Superset's importer takes them."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}


def datasets_of(bundle: dict[str, str], dashboard: str) -> set[str]:
    """Identities of the datasets that the charts of ``dashboards/<dashboard>.yaml`` and its filters ask."""
    page = yaml.safe_load(bundle[f"dashboards/{dashboard}.yaml"])
    shown = {
        node["meta"]["uuid"]
        for node in page["position"].values()
        if isinstance(node, dict) and "meta" in node and "uuid" in node["meta"]
    }
    charts = [yaml.safe_load(text) for name, text in bundle.items() if name.startswith("charts/")]
    filters = [
        target["datasetUuid"]
        for one in page["metadata"].get("native_filter_configuration", ())
        for target in one["targets"]
    ]
    return {chart["dataset_uuid"] for chart in charts if chart["uuid"] in shown} | set(filters)


def main() -> int:
    """Prepare; the exit code."""
    password = os.environ.get("SUPERSET_ADMIN_PASSWORD")
    if not password:
        sys.stderr.write("SUPERSET_ADMIN_PASSWORD is not set: docker-compose.yml gives it (make env-file)\n")
        return 1
    os.environ.setdefault("SUPERSET_CONFIG_PATH", str(BUNDLE / "superset_config.py"))

    from superset.app import create_app

    with create_app().app_context():
        from flask_migrate import upgrade

        upgrade()
        _init()
        _ensure_admin(password)
        bundle = read_bundle()
        _import(bundle)
        for dashboard, role in ROLES.items():
            _grant(role, datasets_of(bundle, dashboard))
    sys.stdout.write(f"Superset is prepared: {', '.join(ROLES)}\n")
    return 0


def _init() -> None:
    """What ``superset init`` does: permissions, and Superset's own roles."""
    from superset import appbuilder, db, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    db.session.commit()


def _ensure_admin(password: str) -> None:
    from superset import security_manager

    user = security_manager.find_user(username=ADMIN)
    if user is None:
        role = security_manager.find_role("Admin")
        security_manager.add_user(ADMIN, "Admin", "Zonehouse", "admin@localhost", role, password=password)
    else:
        security_manager.reset_password(user.id, password)


def _import(bundle: dict[str, str]) -> None:
    from superset import security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    with override_user(security_manager.find_user(username=ADMIN)):
        ImportAssetsCommand(bundle).run()


def _grant(role: str, datasets: set[str]) -> None:
    from superset import db, security_manager
    from superset.connectors.sqla.models import SqlaTable

    made: Any = security_manager.find_role(role) or security_manager.add_role(role)
    tables = db.session.query(SqlaTable).filter(SqlaTable.uuid.in_(datasets)).all()
    made.permissions = [
        security_manager.add_permission_view_menu("datasource_access", table.get_perm()) for table in tables
    ]
    db.session.commit()


if __name__ == "__main__":
    sys.exit(main())

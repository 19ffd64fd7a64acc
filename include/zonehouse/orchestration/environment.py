"""The embedded Airflow's environment: everything it is told, and the secrets it keeps below ``airflow_home``."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from zonehouse.settings import Settings

ADMIN = "admin"
# The demonstration's data steward. Role "user" is the least that may answer an approval: a viewer is refused.
STEWARD = "nguyen.thi.lan"
# A leader or an analyst: reads every page, decides nothing.
VIEWER = "tran.van.minh"
ROLES = {ADMIN: "admin", STEWARD: "user", VIEWER: "viewer"}

# Where metrics and lineage events go is the operator's: the rest of Airflow's configuration is ours.
_OBSERVED = ("AIRFLOW__METRICS__", "AIRFLOW__OPENLINEAGE__")

# A task whose machine died is taken for lost after this long and tried again.
_LOST_AFTER_SECONDS = 45


class LocalOptions(BaseSettings):
    """Options that only ``make run`` and ``make up`` have."""

    model_config = SettingsConfigDict(env_prefix="ZONEHOUSE_", frozen=True)

    port: int = Field(default=8080, ge=1024, le=65535, description="where Airflow's pages are served, localhost only")
    province: Path | None = Field(default=None, description="sample province to begin with; default the shipped one")
    demo_answer: str = Field(default="Approve", pattern="^(Approve|Reject)$", description="what the demo steward says")
    start_timeout_seconds: float = Field(default=180.0, gt=0, description="how long Airflow may take to be healthy")
    stall_timeout_seconds: float = Field(default=1800.0, gt=0, description="give up when nothing has moved for so long")


@dataclass(frozen=True)
class Secrets:
    """Generated once and kept, readable by their owner only."""

    jwt: str
    session: str
    passwords: Mapping[str, str]


def passwords_file(settings: Settings) -> Path:
    """Where Airflow's simple auth manager reads the generated passwords."""
    return settings.airflow_home / "passwords.json"


def database_file(settings: Settings) -> Path:
    """Airflow's metadata (SQLite)."""
    return settings.airflow_home / "airflow.db"


def logs_folder(settings: Settings) -> Path:
    """Logs of the four components, and of the tasks below it."""
    return settings.airflow_home / "logs"


def ensure_secrets(settings: Settings) -> Secrets:
    """Read the secrets of this home; generate those that are missing."""
    settings.airflow_home.mkdir(parents=True, exist_ok=True)
    keys_file = settings.airflow_home / "secrets.json"
    keys = _read(keys_file)
    for name in ("jwt", "session"):
        keys.setdefault(name, secrets.token_urlsafe(48))
    _write(keys_file, keys)
    passwords = _read(passwords_file(settings))
    for user in ROLES:
        passwords.setdefault(user, secrets.token_urlsafe(12))
    _write(passwords_file(settings), passwords)
    return Secrets(keys["jwt"], keys["session"], {user: passwords[user] for user in ROLES})


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _write(path: Path, content: Mapping[str, str]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    temporary.replace(path)


def airflow_environment(settings: Settings, options: LocalOptions, keys: Secrets) -> dict[str, str]:
    """Variables for the components: the caller's, of Airflow only connections that we name and who listens."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        # Without bytecode files each component would compile Airflow again.
        if name in _connections(settings)
        or name.startswith(_OBSERVED)
        or (not name.startswith(("AIRFLOW", "_AIRFLOW", "ZONEHOUSE_")) and name != "PYTHONDONTWRITEBYTECODE")
    }
    return inherited | _ours(settings) | _airflow(settings, options, keys)


def _connections(settings: Settings) -> set[str]:
    """The variables of the connections that the settings name."""
    inbox, at, _ = (settings.inbox_url or "").partition("://")[2].partition("@")
    named = [inbox if at else None, settings.smtp_connection]
    return {f"AIRFLOW_CONN_{name.upper()}" for name in named if name}


def _ours(settings: Settings) -> dict[str, str]:
    """The settings as variables: what is not set stays unset, and the components work in another folder."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {f"ZONEHOUSE_{name.upper()}": _as_text(value) for name, value in values.items() if value is not None}


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return str(value.get_secret_value())
    if isinstance(value, tuple):
        return json.dumps(value)
    return str(value.resolve() if isinstance(value, Path) else value)


def _airflow(settings: Settings, options: LocalOptions, keys: Secrets) -> dict[str, str]:
    url = f"http://127.0.0.1:{options.port}"
    config = {
        "CORE__DAGS_FOLDER": settings.project_root / "dags",
        "CORE__PLUGINS_FOLDER": settings.project_root / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__EXECUTOR": "LocalExecutor",
        # Each running task holds a whole Python: four fit beside the components in 2 GB.
        "CORE__PARALLELISM": 4,
        "CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in ROLES.items()),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords_file(settings),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "API__BASE_URL": url,
        "API__HOST": "127.0.0.1",
        "API__PORT": options.port,
        "API__WORKERS": 1,
        "API__SECRET_KEY": keys.session,
        "API_AUTH__JWT_SECRET": keys.jwt,
        # 30 s: SQLite has one writer, and four components wait for it in turn.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database_file(settings).resolve()}?timeout=30",
        # A task costs 1.1 s with the default of 1 s, 0.3 s with this.
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.2,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": _LOST_AFTER_SECONDS,
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 15,
        # A supervisor that misses its task's end sees it at the next heartbeat: 5 s by default, of a task of 1 s.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": 1,
        # The Dag files change only when the checkout does: parsing them twice a minute would cost a tenth of a core.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 120,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 120,
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "LOGGING__BASE_LOG_FOLDER": logs_folder(settings).resolve(),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": logs_folder(settings).resolve() / "dag_processor",
    }
    return {
        "AIRFLOW_HOME": str(settings.airflow_home.resolve()),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **{f"AIRFLOW__{name}": str(value) for name, value in config.items()},
    }

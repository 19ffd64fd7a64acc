"""``docker-compose.yml``, ``Dockerfile`` and ``.env``: they agree with each other and with the project's settings."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.compose import MissingVariableError, load_compose, read_env_file, variables_of_compose
from zonehouse.deployment import env_file
from zonehouse.deployment.env_file import OPTIONS, SECRETS, write_env_file
from zonehouse.deployment.prepare import READER_LOGIN, DeploymentOptions
from zonehouse.orchestration.environment import LocalOptions
from zonehouse.settings import PROJECT_ROOT, Settings

OURS = ("prepare", "api-server", "scheduler", "dag-processor", "triggerer", "worker-1", "worker-2")
SUPERSETS = ("superset-prepare", "superset")
AIRFLOW_COMMANDS = {"api-server", "scheduler", "dag-processor", "triggerer", "celery"}


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    write_env_file(tmp_path / ".env")
    return read_env_file(tmp_path / ".env")


@pytest.fixture
def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    return load_compose(variables)


def test_the_env_file_gives_every_variable_that_compose_asks_for(variables: Mapping[str, str]) -> None:
    assert variables_of_compose() - {"ZONEHOUSE_VERSION"} <= set(variables)
    assert set(variables) == set(SECRETS) | set(OPTIONS)


def test_secrets_are_long_different_and_new_each_time(variables: Mapping[str, str], tmp_path: Path) -> None:
    write_env_file(tmp_path / "other.env")
    other = read_env_file(tmp_path / "other.env")
    values = [variables[name] for name in SECRETS]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 40 for value in values)
    assert all(variables[name] != other[name] for name in SECRETS)


def test_what_is_there_is_kept_and_a_deleted_line_is_a_new_secret(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# ours\nZONEHOUSE_PORT=9000\nREDIS_PASSWORD=kept", encoding="utf-8")
    added = write_env_file(path)
    assert "REDIS_PASSWORD" not in added
    first = read_env_file(path)
    assert (first["ZONEHOUSE_PORT"], first["REDIS_PASSWORD"]) == ("9000", "kept")
    assert path.stat().st_mode & 0o777 == 0o600
    assert first["PAGES_URL"] == "http://localhost:9000", "a log-in leads back to it"
    rest = [line for line in path.read_text().splitlines() if not line.startswith("AIRFLOW_JWT_SECRET")]
    path.write_text("\n".join(rest))
    assert write_env_file(path) == ["AIRFLOW_JWT_SECRET"]
    second = read_env_file(path)
    assert second.pop("AIRFLOW_JWT_SECRET") != first.pop("AIRFLOW_JWT_SECRET")
    assert second == first


def test_the_env_file_is_made_by_a_bare_python_that_tells_no_value(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", env_file.__file__, str(tmp_path / ".env")],
        capture_output=True,
        text=True,
        check=True,
    )
    made = read_env_file(tmp_path / ".env")
    assert set(made) >= set(SECRETS)
    assert not any(made[name] in done.stdout + done.stderr for name in SECRETS)


def test_without_an_env_file_nothing_starts_on_a_default() -> None:
    with pytest.raises(MissingVariableError, match="run make env-file"):
        load_compose({})


def test_every_variable_of_ours_is_a_setting(compose: Mapping[str, Any]) -> None:
    known = {
        f"ZONEHOUSE_{name.upper()}"
        for model in (Settings, LocalOptions, DeploymentOptions)
        for name in model.model_fields
    }
    for name in OURS:
        ours = {variable for variable in compose["services"][name]["environment"] if variable.startswith("ZONEHOUSE_")}
        assert ours <= known, name


def test_every_variable_of_airflow_is_an_option_of_it(compose: Mapping[str, Any]) -> None:
    from airflow.configuration import conf

    options = {
        (section.upper(), option.upper())
        for section, about in conf.configuration_description.items()
        for option in about["options"]
    }
    of_providers = {
        ("CELERY", name)
        for name in ("BROKER_URL", "RESULT_BACKEND", "WORKER_CONCURRENCY", "WORKER_PREFETCH_MULTIPLIER")
    } | {("OPENLINEAGE", "TRANSPORT"), ("OPENLINEAGE", "NAMESPACE"), ("FAB", "COOKIE_SECURE")}
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            if variable.startswith("AIRFLOW__"):
                _, section, option = variable.split("__", 2)
                assert (section, option) in options | of_providers, variable


def test_the_settings_that_the_services_get_are_valid(
    compose: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compose["services"]["worker-1"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.home, settings.inbox_url) == (Path("/state"), None)
    assert settings.serving_url is not None


def test_one_secret_signs_for_all_services(compose: Mapping[str, Any]) -> None:
    services = compose["services"]
    for option in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY"):
        assert len({services[name]["environment"][option] for name in OURS}) == 1, option


def test_only_pages_are_published_and_only_on_this_machine(compose: Mapping[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(ports) <= {"api-server", "superset"}
    assert all(port.startswith("127.0.0.1:") for published in ports.values() for port in published)


def test_one_line_each_makes_the_sessions_of_an_https_installation_secure(variables: Mapping[str, str]) -> None:
    behind = {"PAGES_URL": "https://kcn.example.vn", "PAGES_COOKIE_SECURE": "True", "PAGES_PROXY": "*"}
    for given, secure, proxy in (({}, "False", "127.0.0.1"), (behind, "True", "*")):
        services = load_compose({**variables, **given})["services"]
        pages = services["api-server"]["environment"]
        assert pages["AIRFLOW__API__BASE_URL"] == given.get("PAGES_URL", "http://localhost:8080")
        assert (pages["AIRFLOW__FAB__COOKIE_SECURE"], pages["FORWARDED_ALLOW_IPS"]) == (secure, proxy)
        assert services["superset"]["environment"]["SUPERSET_COOKIE_SECURE"] == secure
        # Without the switch Airflow looks at no X-Forwarded-Proto, whoever sends it.
        assert "--proxy-headers" in services["api-server"]["command"]
    assert 'environ.get("SUPERSET_COOKIE_SECURE"' in (PROJECT_ROOT / "include/superset/superset_config.py").read_text()


def test_secrets_reach_only_the_services_that_need_them(
    compose: Mapping[str, Any], variables: Mapping[str, str]
) -> None:
    for name, service in compose["services"].items():
        holds = str(service)
        if name not in ("postgres", "prepare"):
            assert variables["POSTGRES_PASSWORD"] not in holds, name
        if name not in ("prepare", "superset", "superset-prepare"):
            assert variables["SERVING_READER_PASSWORD"] not in holds, name
            assert variables["AIRFLOW_ADMIN_PASSWORD"] not in holds, name
        if name not in SUPERSETS:
            assert variables["SUPERSET_SECRET_KEY"] not in holds, name
        if name != "superset-prepare":
            assert variables["SUPERSET_ADMIN_PASSWORD"] not in holds, name


def test_superset_starts_only_when_asked_for_and_gets_what_its_settings_read(
    compose: Mapping[str, Any], variables: Mapping[str, str]
) -> None:
    services = compose["services"]
    folder = PROJECT_ROOT / "include" / "superset"
    read = set(re.findall(r'environ\["(\w+)"\]', (folder / "superset_config.py").read_text(encoding="utf-8")))
    for name in SUPERSETS:
        service = services[name]
        assert service["profiles"] == ["bi"]
        assert service["build"] == {"context": ".", "target": "superset"}
        assert read <= set(service["environment"]), name
        assert service["environment"]["SUPERSET_CONFIG_PATH"] == "/opt/superset/superset_config.py"
    assert services["superset-prepare"]["command"] == ["python", "/opt/superset/prepare.py"]
    assert (folder / "prepare.py").is_file()
    assert not [name for name, service in services.items() if "profiles" in service and name not in SUPERSETS]
    # The login, role and databases are those that `prepare` makes.
    place = services["superset"]["environment"]
    assert f"//{READER_LOGIN}:{variables['SERVING_READER_PASSWORD']}@" in place["SUPERSET_SERVING_URL"]
    loader = urlsplit(services["prepare"]["environment"]["ZONEHOUSE_SERVING_URL"])
    assert urlsplit(place["SUPERSET_SERVING_URL"])[2:] == loader[2:]
    own = urlsplit(place["SUPERSET_DATABASE_URL"])
    assert (own.username, own.path) == ("superset", "/superset")
    assert own.password == services["prepare"]["environment"]["ZONEHOUSE_SUPERSET_PASSWORD"]


def test_every_service_has_limits_and_those_that_stay_have_a_health_check(compose: Mapping[str, Any]) -> None:
    for name, service in compose["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits["memory"], name
        assert limits["cpus"], name
        if service.get("restart") != "no":
            assert service["healthcheck"]["test"], name


def test_every_command_exists(compose: Mapping[str, Any]) -> None:
    for name in OURS:
        program, *arguments = compose["services"][name]["command"]
        if program == "airflow":
            assert arguments[0] in AIRFLOW_COMMANDS, name
        else:
            assert (program, arguments[0]) == ("python", "-m"), name
            assert (PROJECT_ROOT / "include" / f"{arguments[1].replace('.', '/')}.py").is_file(), name


def test_volumes_are_named_declared_and_hold_the_state(compose: Mapping[str, Any]) -> None:
    used = set()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            used.add(source)
            if name in OURS:
                assert target in ("/state", "/state/inbox", "/logs"), name
    assert used == set(compose["volumes"])
    for name in OURS:
        assert compose["services"][name]["environment"]["ZONEHOUSE_HOME"] == "/state"


def test_the_warehouse_is_written_only_where_its_queue_is_taken(compose: Mapping[str, Any]) -> None:
    from zonehouse.orchestration.wiring import WRITER

    taking = [
        name
        for name, service in compose["services"].items()
        if "celery" in (service.get("command") or ())
        and WRITER["queue"] in service["command"][service["command"].index("--queues") + 1].split(",")
    ]
    assert taking
    assert all(any(volume.endswith(":/state") for volume in compose["services"][name]["volumes"]) for name in taking)


def test_containers_run_without_rights(compose: Mapping[str, Any]) -> None:
    for name in (*OURS, *SUPERSETS):
        service = compose["services"][name]
        assert (service["user"], service["read_only"], service["cap_drop"]) == ("zonehouse", True, ["ALL"]), name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_image_is_of_the_lock_and_gets_what_it_copies() -> None:
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER zonehouse$", dockerfile, re.MULTILINE)
    allowed = {line[1:] for line in (PROJECT_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (PROJECT_ROOT / source).exists(), source
            assert source.split("/")[0] in allowed, source


def test_the_lock_of_the_image_lies_within_that_of_the_tests() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+==\S+)", (PROJECT_ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-deploy.lock") <= pins("requirements-dev.lock")


def test_the_file_is_yaml_without_secrets() -> None:
    text = (PROJECT_ROOT / "docker-compose.yml").read_text()
    yaml.safe_load(text)
    for line in text.splitlines():
        if match := re.search(r"(?:PASSWORD|SECRET|KEY)\w*: (.+)$", line):
            assert match[1].startswith("${"), line

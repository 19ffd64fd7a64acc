# GNU make and Python ≥ 3.11 are all a machine needs. The first target makes the environment in .venv from the
# hashed lock; nothing is built, nothing but wheels is installed.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run up env-file test-compose test test-fast test-office test-browser test-bi chromium bench lint docs docs-warehouse lock clean-home clean-venv env env-deploy env-dev env-superset

VENV := .venv
SUPERSET_VENV := .venv-superset
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)
UV ?= $(or $(shell command -v uv 2>/dev/null),$(VENV)/.uv/bin/uv)
PYTEST_ARGS ?=
# Files are the unit: what one builds (a warehouse, an Airflow) its tests share. The long ones come first in their order.
PYTEST := $(BIN)/pytest -n $(or $(TEST_PROCESSES),2) --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=

# Bytecode is compiled once, when the environment is made: without it each Airflow process would compile Airflow.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: env  ## sample province (first time), load, check and publish it through Airflow, print the half-year page
	@$(BIN)/zonehouse run

up: env  ## start Airflow (http://localhost:$ZONEHOUSE_PORT, default 8080) and leave it running until Ctrl-C
	@$(BIN)/zonehouse up

test: env-dev  ## every test but those of test-office, test-browser and test-bi; PYTEST_ARGS="..." is passed on
	$(PYTEST) -m "not office and not browser and not bi" $(PYTEST_ARGS)

test-browser: env-dev chromium  ## the stewards' console in Debian's chromium, which is installed when it is missing
	$(BIN)/pytest -m browser $(PYTEST_ARGS)

test-bi: env-dev env-superset chromium  ## the dashboards in a real Superset, asked by its API and seen in chromium
	$(BIN)/pytest -m bi $(PYTEST_ARGS)

chromium:
	@command -v chromium >/dev/null 2>&1 || { \
		as_root=$$(test "$$(id -u)" = 0 || echo sudo); echo "installing chromium ..."; \
		$$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends \
			chromium fonts-liberation >/dev/null; }

test-office: env-dev  ## our workbooks in Debian's LibreOffice, which is installed when it is missing
	@command -v soffice >/dev/null 2>&1 || { \
		as_root=$$(test "$$(id -u)" = 0 || echo sudo); echo "installing LibreOffice Calc ..."; \
		$$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends \
			libreoffice-calc fonts-liberation >/dev/null; }
	$(BIN)/pytest -m office $(PYTEST_ARGS)

test-fast: env-dev  ## the tests that need no Airflow, dbt or whole province (a minute at most)
	$(PYTEST) -m "not slow and not office and not browser and not bi" $(PYTEST_ARGS)

bench: env-dev  ## the intake beside calamine, openpyxl and pandas, and whole nights (BENCH_ARGS="--nights": without)
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

lint: env-dev  ## style, types, SQL: reports, mends nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project/models

env-file:  ## .env for docker-compose.yml: a strong value for each secret that is missing
	@$(PYTHON) include/zonehouse/deployment/env_file.py .env

test-compose:  ## docker-compose.yml as docker-compose reads it (installs Debian's where no docker is)
	@docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null \
		|| { apt-get -qq update && apt-get -qq install --yes --no-install-recommends docker-compose >/dev/null; }
	@folder=$$(mktemp -d) && $(PYTHON) include/zonehouse/deployment/env_file.py $$folder/.env >/dev/null \
		&& if docker compose version >/dev/null 2>&1; then compose="docker compose"; else compose=docker-compose; fi \
		&& $$compose --env-file $$folder/.env --file docker-compose.yml config --quiet \
		&& rm -r $$folder && echo "docker-compose.yml is valid"

docs: env  ## write anew what comes from data: docs/forms.md, findings.md, dictionary.md, include/superset/datasets
	$(BIN)/python -m zonehouse.forms.describe > docs/.page && mv docs/.page docs/forms.md
	$(BIN)/python -m zonehouse.intake.findings > docs/.page && mv docs/.page docs/findings.md
	$(BIN)/python -m zonehouse.warehouse.dictionary > docs/.page && mv docs/.page docs/dictionary.md
	$(BIN)/python -m zonehouse.warehouse.superset

docs-warehouse: env  ## models, columns, lineage and metrics as one page: reports/dbt_docs.html (after a build)
	@$(BIN)/zonehouse docs

lock: $(VENV)/.uv-ready  ## renew requirements*.lock from pyproject.toml
	$(UV) pip compile $(LOCK_ARGS) pyproject.toml -o requirements.lock
	$(UV) pip compile $(LOCK_ARGS) --extra deploy pyproject.toml -o requirements-deploy.lock
	$(UV) pip compile $(LOCK_ARGS) --extra deploy --extra dev pyproject.toml -o requirements-dev.lock
	$(UV) pip compile $(LOCK_ARGS) --no-build $(SUPERSET_LOCK_ARGS) include/superset/requirements.in -o requirements-superset.lock

clean-home:  ## delete all state in var/ (archive and published pages too): asks for CONFIRM=yes
	@test "$(CONFIRM)" = yes || { echo "this deletes var/ with its archive and releases: make clean-home CONFIRM=yes"; exit 1; }
	rm -rf var

clean-venv:  ## delete the environments
	rm -rf $(VENV) $(SUPERSET_VENV)

env: $(VENV)/.run-ready
env-deploy: $(VENV)/.deploy-ready  ## as env, with what docker-compose.yml runs: Celery, PostgreSQL, FAB, OpenLineage, StatsD
env-dev: $(VENV)/.dev-ready
env-superset: $(SUPERSET_VENV)/.ready

LOCK_ARGS := --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 --upgrade
# Superset's releases hold with what there was when they were made; a later day goes with a later release.
SUPERSET_LOCK_ARGS := --exclude-newer 2026-06-01 --overrides include/superset/overrides.txt
SYNC_ARGS := --quiet --python $(BIN)/python --require-hashes --no-build --compile-bytecode
INSTALL_SELF = $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --no-index -e .

$(VENV)/.python-ready:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed (python3 on PATH, or make PYTHON=/path/to/python)"; exit 1; }
	@echo "making the environment in $(VENV) (the first time takes some minutes) ..."
	@$(PYTHON) -m venv --without-pip $(VENV)
	@touch $@

# uv makes and syncs the environment; where it is not installed it gets a small environment of its own.
$(VENV)/.uv-ready: $(VENV)/.python-ready
	@test -x "$(UV)" || { $(PYTHON) -m venv $(VENV)/.uv \
		&& $(VENV)/.uv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: uv; } \
		|| { echo "uv could not be installed: install python3-venv, or uv itself, and try again"; exit 1; }
	@touch $@

# Who has the test tools keeps them: the larger lock is a superset.
$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/.uv-ready
	@lock=requirements.lock; test ! -e $(VENV)/.deploy-ready || lock=requirements-deploy.lock; \
		test ! -e $(VENV)/.dev-ready || lock=requirements-dev.lock; \
		$(UV) pip sync $(SYNC_ARGS) $$lock
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.deploy-ready: requirements-deploy.lock pyproject.toml | $(VENV)/.uv-ready
	@lock=requirements-deploy.lock; test ! -e $(VENV)/.dev-ready || lock=requirements-dev.lock; \
		$(UV) pip sync $(SYNC_ARGS) $$lock
	@$(INSTALL_SELF)
	@touch $(VENV)/.run-ready $@

$(VENV)/.dev-ready: requirements-dev.lock pyproject.toml | $(VENV)/.uv-ready
	@$(UV) pip sync $(SYNC_ARGS) requirements-dev.lock
	@$(INSTALL_SELF)
	@touch $(VENV)/.run-ready $@

# Superset's own: its pins are not Airflow's. It runs on Python 3.11 and 3.12.
$(SUPERSET_VENV)/.ready: requirements-superset.lock | $(VENV)/.uv-ready
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
		|| { echo "Superset needs Python 3.11 or 3.12: make env-superset PYTHON=/path/to/python3.12"; exit 1; }
	@echo "making Superset's environment in $(SUPERSET_VENV) ..."
	@test -x $(SUPERSET_VENV)/bin/python || $(PYTHON) -m venv --without-pip $(SUPERSET_VENV)
	@$(UV) pip sync $(subst $(BIN)/,$(SUPERSET_VENV)/bin/,$(SYNC_ARGS)) requirements-superset.lock
	@touch $@

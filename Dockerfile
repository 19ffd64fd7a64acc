# syntax=docker/dockerfile:1
# zonehouse: slim, as a user without rights, from the hashed lock; nothing is compiled here, nothing but wheels installed.

FROM python:3.12-slim AS environment
RUN python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: uv
WORKDIR /opt/zonehouse
COPY requirements-deploy.lock pyproject.toml README.md ./
RUN python -m venv --without-pip .venv \
    && uv pip sync --python .venv/bin/python --require-hashes --no-build --compile-bytecode --no-cache requirements-deploy.lock
COPY include include
RUN uv pip install --python .venv/bin/python --no-deps --no-build-isolation --no-index --no-cache -e .

# Superset's own image (docker-compose.yml, profile bi), made only when that profile is asked for.
FROM python:3.12-slim AS superset-environment
RUN python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: uv
WORKDIR /opt/superset
COPY requirements-superset.lock ./
RUN python -m venv --without-pip .venv \
    && uv pip sync --python .venv/bin/python --require-hashes --no-build --compile-bytecode --no-cache requirements-superset.lock

FROM python:3.12-slim AS superset
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin zonehouse
WORKDIR /opt/superset
COPY --from=superset-environment /opt/superset /opt/superset
COPY include/superset ./
ENV PATH=/opt/superset/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER zonehouse
CMD ["python", "prepare.py"]

# What is built without a target: zonehouse itself.
FROM python:3.12-slim
# The letters of the charts: what the drawing library brings has not all of the Vietnamese ones.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin zonehouse \
    && install -d -o zonehouse -g zonehouse /state /state/inbox /logs
WORKDIR /opt/zonehouse
# The code belongs to root: who breaks into a service cannot change it.
COPY --from=environment /opt/zonehouse /opt/zonehouse
COPY dags dags
COPY plugins plugins
COPY dbt_project dbt_project
COPY expectations expectations
ENV PATH=/opt/zonehouse/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER zonehouse
CMD ["zonehouse", "--help"]

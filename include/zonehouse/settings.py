"""Every path and option of the product, read from ``ZONEHOUSE_*`` variables, typed, in one place."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Typed options; every state path lies below ``home``.

    Build one at an entry point (Dag task, command line, test) and pass it on.
    """

    model_config = SettingsConfigDict(env_prefix="ZONEHOUSE_", frozen=True, env_ignore_empty=True)

    home: Path = Field(default=PROJECT_ROOT / "var", description="the one folder that holds all state")
    project_root: Path = Field(default=PROJECT_ROOT, description="the checkout: dags, dbt_project, expectations")
    forms: Path | None = Field(
        default=None, description="a folder with the authority's own form definitions (and their code lists in lists/)"
    )
    timezone: str = Field(default="Asia/Ho_Chi_Minh", description="the authority's civil time")
    language: str = Field(default="vi", pattern="^(vi|en)$", description="what people are shown: vi or en")
    batch_size: int = Field(default=250, ge=1, le=1000, description="workbooks read by one task")
    max_file_mb: int = Field(default=20, ge=1, description="a larger file in the inbox is rejected")
    inbox_url: str | None = Field(
        default=None,
        pattern=r"^(s3|sftp)://([A-Za-z0-9_.-]+@)?[^@:/]+(/.*)?$",
        description="an inbox elsewhere: s3://connection@bucket/prefix or sftp://connection@host/folder",
    )
    settle_seconds: float = Field(
        default=0.0, ge=0.0, description="a file changed more recently than this is left for the next load"
    )
    read_cpu_seconds: float = Field(default=4.5, gt=0, description="processor time for one workbook in the reader")
    read_timeout_seconds: float = Field(
        default=30.0, gt=0, description="time on the clock for one workbook, however busy the machine is"
    )
    read_memory_mb: int = Field(default=1024, ge=256, description="address space of one reader process")
    approval_days: float = Field(default=4.0, gt=0, description="a question to a steward lapses after this many days")
    imputed_share_max_pct: float = Field(
        default=25.0,
        ge=0.0,
        le=100.0,
        description="a half-year is blocked when estimates for missing reports are more of a total than this",
    )
    threads: int = Field(default=2, ge=1, description="DuckDB threads")
    memory_limit: str = Field(default="2GB", description="DuckDB memory limit")
    serving_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL for BI tools: postgresql://user:password@host/database",
    )
    serving_schema: str = Field(
        default="zonehouse", pattern=r"^[a-z][a-z0-9_]{0,40}$", description="the schema there that BI tools are given"
    )
    serving_reader_role: str = Field(
        default="zonehouse_reader", pattern=r"^[a-z][a-z0-9_]{0,40}$", description="the role that may read it"
    )

    smtp_connection: str | None = Field(
        default=None, pattern=r"^\w+$", description="the Airflow connection (type smtp) by which mail is sent"
    )
    mail_from: str | None = Field(default=None, description="the sender's address of what we mail")
    alert_to: str | None = Field(default=None, description="addresses for alerts, separated by commas")
    contacts: Path | None = Field(
        default=None, description="CSV authority_code,reporting_unit_code,email: whom reminders go to"
    )
    remind_before_days: tuple[int, ...] = Field(default=(5, 1), description="days before a report is due")
    remind_after_days: tuple[int, ...] = Field(default=(1, 7), description="days after a report was due")
    remind_until_days: int = Field(default=30, ge=0, description="no reminder is given so many days after a due day")
    night_limit_hours: float = Field(default=4.0, gt=0, description="a nightly load not done by then is an alert")

    @property
    def inbox(self) -> Path:
        """Where files arrive."""
        return self.home / "inbox"

    @property
    def inbox_shown(self) -> str:
        """Where files arrive, as people are told."""
        return self.inbox_url or str(self.inbox)

    @property
    def archive(self) -> Path:
        """Every received byte, for ever, named by SHA-256."""
        return self.home / "archive"

    @property
    def spool(self) -> Path:
        """Batches received and not landed yet."""
        return self.home / "spool"

    @property
    def landing(self) -> Path:
        """Append-only Parquet: the only source of the warehouse."""
        return self.home / "landing"

    @property
    def warehouse(self) -> Path:
        """The pipeline's private DuckDB file: one writer, no BI tool."""
        return self.home / "warehouse.duckdb"

    @property
    def candidates(self) -> Path:
        """Half-years built and checked, not published."""
        return self.home / "candidates"

    @property
    def published(self) -> Path:
        """The only folder readers are given."""
        return self.home / "published"

    @property
    def reports(self) -> Path:
        """Validation results, Data Docs, run reports."""
        return self.home / "reports"

    @property
    def airflow_home(self) -> Path:
        """Airflow's metadata, logs and generated passwords."""
        return self.home / "airflow"

    @property
    def dbt_project(self) -> Path:
        """The dbt project folder."""
        return self.project_root / "dbt_project"

    @property
    def seeds(self) -> Path:
        """Reference lists as CSV: dbt seeds, and the code lists of the forms."""
        return self.dbt_project / "seeds"

    @property
    def expectations(self) -> Path:
        """The Great Expectations context root."""
        return self.project_root / "expectations"

    @property
    def zone(self) -> ZoneInfo:
        """The authority's time zone."""
        return ZoneInfo(self.timezone)

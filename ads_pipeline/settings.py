"""Settings: one frozen object, and the only reader of the environment (and of `.env`)."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from ads_pipeline.errors import SettingsError
from ads_pipeline.quantities import Duration, EventTypes, Memory, Size, Store, Webhook, Zone
from ads_pipeline.secret_files import read_secret, with_password

SERVER_SCHEMES = ("clickhouse", "clickhouses", "http", "https")
"""How the DSN of a ClickHouse server begins."""

EVENT_TYPES = ("impression", "click", "conversion")
"""What may happen, unless `ADS_EVENT_TYPES` says otherwise."""

UNREADABLE = "invalid DSN: percent-encode characters such as / ? # @ and those beyond ASCII in user and password"


class _SecretFiles(EnvSettingsSource):
    """Secrets from files: `ADS_LANDING_TOKEN_FILE` names the file whose text is `ADS_LANDING_TOKEN`."""

    def __call__(self) -> dict[str, Any]:
        """The texts of the files that are named, by setting."""
        secret = [
            name
            for name, field in self.settings_cls.model_fields.items()
            if field.annotation is SecretStr and f"{name}_file" not in self.settings_cls.model_fields
        ]
        paths = {name: self.env_vars.get(f"{variable_of(name)}_FILE".lower()) for name in secret}
        return {name: read_secret(f"{variable_of(name)}_FILE", path) for name, path in paths.items() if path}


class Settings(BaseSettings):
    """Everything that can be configured, from `ADS_…` variables or a `.env` file."""

    model_config = SettingsConfigDict(env_prefix="ADS_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    home: Path = Field(Path(".ads"), description="Folder for all local state")
    clickhouse_dsn: SecretStr = Field(
        SecretStr(""),
        description="`chdb:///path`, `clickhouse://user:password@host:8123` or `clickhouses://…:8443`; empty: chDB under `ADS_HOME`",
    )
    clickhouse_password: SecretStr = Field(SecretStr(""), description="Password of the DSN's user, for a DSN without one")
    database: str = Field(
        "", validate_default=True, description="Database that holds all tables; empty: the one that the DSN names, or `ads`"
    )
    cluster: str = Field(
        "",
        pattern=r"^([A-Za-z_][A-Za-z0-9_-]*)?$",
        description="Name of the ClickHouse cluster that the server of the DSN belongs to; empty: a server by itself",
    )
    landing_url: Store = Field(
        "", description="Where drops land: a folder, `s3://…`, `gs://…`, `az://…` or `https://…`; empty: `landing` under `ADS_HOME`"
    )
    s3_collection: str = Field(
        "",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="Named collection of the ClickHouse server with the landing bucket's URL; the server then reads large drops itself",
    )
    landing_token: SecretStr = Field(SecretStr(""), description="Bearer token for an `https://` landing store")
    retention_days: int = Field(30, ge=0, le=36500, description="Days of raw rows kept; 0 keeps them for ever")
    quarantine_days: int = Field(90, ge=0, le=36500, description="Days that refused lines are kept for replay; 0 keeps them for ever")
    runs_days: int = Field(
        30, ge=0, le=36500, description="Days that Dagster's records and logs of runs and backfills are kept; 0 keeps them for ever"
    )
    timezone: Zone = Field("UTC", description="Reporting time zone: decides the day of an event; fixed once a database has events")
    max_future: Duration = Field(timedelta(hours=24), description="How far ahead of now an event time may lie")
    event_types: EventTypes = Field(
        EVENT_TYPES,
        description="Event types that are accepted, with commas between: `impression,click,conversion,install` adds `install`",
    )
    batch_bytes: Size = Field(256 << 20, ge=1, description="Bytes of drops loaded together")
    batch_drops: int = Field(2000, ge=1, le=100_000, description="Drops loaded together")
    memory: Memory = Field(
        0,
        description="Bytes of memory that a statement of the engine may use, at least 256M; 0: half of this machine's or container's for "
        "chDB, and what the user's profile allows on a server",
    )
    drop_max_bytes: Size = Field(32 << 30, ge=1 << 20, description="Bytes that a drop may hold, decompressed")
    drop_max_ratio: int = Field(200, ge=1, description="Bytes that each byte of a drop may hold, decompressed, beyond 16 MiB")
    drop_max_lines: int = Field(50_000_000, ge=1, description="Lines that a drop may hold, where they have to be counted before it is read")
    drop_max_line: Size = Field(
        64 << 20, ge=1 << 20, description="Bytes that a line of a drop may have; over 1 MiB it is refused, beyond this the drop"
    )
    drop_seconds: Duration = Field(timedelta(minutes=10), description="How long it may take to decompress a drop")
    look_back: Duration = Field(
        timedelta(days=2),
        description="In a landing store of more than 10,000 drops, day folders (`dt=…`) from this long ago on are listed by each ingest; "
        "older ones only if they have changed, where the store is a folder, or when it is listed whole",
    )
    list_whole_every: Duration = Field(
        timedelta(hours=6), description="How often an ingest lists such a landing store whole; `0h`: each time"
    )
    waiting_alert: Duration = Field(
        timedelta(hours=1), description="How long a drop may wait to be loaded before the check `drops_waiting` fails"
    )
    fresh_within: Duration = Field(
        timedelta(hours=36), description="How old the newest drop may be before the check `recent` warns; `0h` never warns"
    )
    asset_owners: str = Field(
        "",
        pattern=r"^((team:\w+|[^\s,@]+@[^\s,@]+)(, *(team:\w+|[^\s,@]+@[^\s,@]+))*)?$",
        description="Who owns the assets in Dagster: e-mail addresses or `team:NAME`, with commas between; a rollup's file may name others",
    )
    erase_landed: Literal["rewrite", "list"] = Field("rewrite", description="What `ads erase` does with drops: `rewrite` or `list` them")
    sql_dir: Path | None = Field(None, description="Folder with your own `sources/`, `rollups/`, `checks/`, `lookups/`, beside the shipped")
    api_keys: SecretStr = Field(
        SecretStr(""), description="Who may use the HTTP service: entries that `ads key` prints, with spaces between them"
    )
    api_keys_file: Path | None = Field(
        None, description="File of such entries, one a line; `ads key` writes it, and a running service follows its changes"
    )
    api_open: Literal["", "loopback", "anywhere"] = Field(
        "", description="Serve without keys: `loopback` on addresses of this machine only, `anywhere` on any"
    )
    api_max_body: Size = Field(16 << 20, ge=1024, description="Bytes that the body of a request may have, as sent and decompressed")
    api_max_events: int = Field(10_000, ge=1, description="Events that a request may have")
    api_rate: int = Field(
        1000, ge=0, description="Requests a second that one key (without keys: one address) may send, over all workers; 0 is no limit"
    )
    api_rate_bytes: Size = Field(
        256 << 20, ge=0, description="Bytes of bodies, decompressed, that one key may send a second; 0 is no limit"
    )
    api_rate_events: int = Field(1_000_000, ge=0, description="Events that one key may send a second; 0 is no limit")
    api_stranger_rate: int = Field(
        50, ge=0, description="Requests a second without a key that one address may send to each worker; 0 is no limit"
    )
    api_hosts: str = Field(
        "", description="Names, with spaces between them, under which a service without keys is reached, beside addresses and local names"
    )
    api_origins: str = Field(
        "", description="Web sites (`https://shop.example`) whose pages may use the service from a browser, with spaces between them"
    )
    api_connections: int = Field(
        1000, ge=10, description="Connections that each worker keeps open; beyond, the address with most loses one that is idle"
    )
    api_memory: Size = Field(256 << 20, ge=1 << 20, description="Bytes of request bodies that each worker holds at a time")
    api_max_rows: int = Field(100_000, ge=1, description="Rows that an answer from a rollup may have")
    api_wait: Duration = Field(
        timedelta(seconds=10), description="How long a read of the service waits for the embedded engine, and how long its query may take"
    )
    seal_bytes: Size = Field(64 << 20, ge=1, description="Bytes of events after which the service seals a drop")
    seal_age: Duration = Field(timedelta(seconds=3), description="Age after which the service seals a drop")
    dagster_dsn: SecretStr = Field(
        SecretStr(""), description="`postgresql://user@host/database` for Dagster's records; empty: SQLite under `ADS_HOME`"
    )
    dagster_password: SecretStr = Field(SecretStr(""), description="Password of the user of `ADS_DAGSTER_DSN`")
    alert_url: Webhook = Field(
        SecretStr(""),
        description="Webhook that is told of trouble: JSON, or Slack's form for `hooks.slack.com` and `slack+https://…`; empty: none",
    )
    alert_mail: str = Field("", description="Addresses that are told of trouble by e-mail, with commas between; empty: none")
    ui_url: str = Field("http://127.0.0.1:3000", description="Where people open the Dagster UI, for the links of alerts")
    smtp_host: str = Field("", validation_alias=AliasChoices("smtp_host", "SMTP_HOST"), description="Server that sends e-mail")
    smtp_port: int = Field(
        587, ge=1, le=65535, validation_alias=AliasChoices("smtp_port", "SMTP_PORT"), description="Its port; 465 speaks TLS from the start"
    )
    smtp_user: str = Field("", validation_alias=AliasChoices("smtp_user", "SMTP_USER"), description="User of that server, if it wants one")
    smtp_password: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("smtp_password", "SMTP_PASSWORD"), description="Password of that user"
    )
    smtp_from: str = Field(
        "", validation_alias=AliasChoices("smtp_from", "SMTP_FROM"), description="Sender of e-mail; empty: the user, or the first recipient"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        validation_alias=AliasChoices("log_level", "LOG_LEVEL"),
        description="Level of the log: `DEBUG`, `INFO`, `WARNING` or `ERROR`",
    )
    log_format: Literal["text", "json"] = Field("text", description="Form of the log: `text`, or `json`: one object a line")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A variable wins over the file that its `_FILE` names, both over `.env`."""
        del file_secret_settings
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("sql_dir")
    @classmethod
    def _existing_folder(cls, value: Path | None) -> Path | None:
        if value and not value.is_dir():
            raise ValueError(f"no such folder: {value.absolute()}; create it, or unset the variable to use the shipped SQL alone")
        return value

    @field_validator("clickhouse_dsn")
    @classmethod
    def _known_engine(cls, value: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(value.get_secret_value())
        except ValueError:  # its message has the password
            raise ValueError(UNREADABLE) from None
        if value.get_secret_value() and parts.scheme not in ("chdb", *SERVER_SCHEMES):
            raise ValueError("unknown scheme; write chdb://, clickhouse:// (HTTP) or clickhouses:// (HTTPS)")
        if parts.scheme in SERVER_SCHEMES and ("@" in parts.path + parts.query or parts.fragment):
            raise ValueError(UNREADABLE)
        return value

    @field_validator("database")
    @classmethod
    def _named_once(cls, value: str, info: ValidationInfo) -> str:
        dsn = urlsplit(info.data["clickhouse_dsn"].get_secret_value() if "clickhouse_dsn" in info.data else "")
        named = dsn.path.strip("/") if dsn.scheme in SERVER_SCHEMES else ""
        if not all(re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]{0,63})?", name) for name in (value, named)):
            raise ValueError("invalid database name; use up to 64 letters, digits and underscores")
        if value and named and value != named:
            raise ValueError(f"the DSN names another database, {named!r}: remove one of them")
        return value or named or "ads"

    @field_validator("landing_token", mode="before")
    @classmethod
    def _sendable(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and not re.fullmatch(r"[!-~]*", text.strip()):
            raise ValueError("use printable ASCII characters without spaces")
        return SecretStr(text.strip()) if isinstance(text, str) else value

    @property
    def is_embedded(self) -> bool:
        """Whether the engine is chDB, in this process."""
        return urlsplit(self.dsn).scheme == "chdb"

    @property
    def dsn(self) -> str:
        """The DSN in use, secrets included: for the driver only, never for a log."""
        dsn = self.clickhouse_dsn.get_secret_value() or f"chdb://{self.home.absolute() / 'clickhouse'}"
        return with_password(dsn, self.clickhouse_password.get_secret_value()) if urlsplit(dsn).scheme in SERVER_SCHEMES else dsn

    @property
    def dagster_storage(self) -> str:
        """The Postgres URL of Dagster's records, its password included; empty: SQLite."""
        url = with_password(self.dagster_dsn.get_secret_value(), self.dagster_password.get_secret_value())
        return url.replace("postgresql://", "postgresql+psycopg2://", 1)  # the driver that dagster-postgres comes with

    @property
    def work(self) -> Path:
        """The folder for what a run keeps on this machine while it lasts."""
        return self.home.absolute() / "work"

    @property
    def landing(self) -> str:
        """The landing store in use, as a URL or a folder."""
        return self.landing_url or str(self.home.absolute() / "landing")


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with `overrides` on top.

    Raises:
        SettingsError: one sentence a wrong value, naming variable, value and remedy.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(item) for item in error.errors())) from None


def check_endpoint_variables() -> None:
    """Refuse an endpoint of object storage that is not a URL: the driver would panic.

    Raises:
        SettingsError: naming the variable.
    """
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_ENDPOINT", "GOOGLE_BASE_URL"):
        value = os.environ.get(name)
        if value and urlsplit(value).scheme not in ("https", "http"):
            raise SettingsError(f"{name} is {value!r}: begin it with https:// (or http://)")


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    bare = name.lower() == "log_level" or name.lower().startswith("smtp_")
    return name.upper() if bare else f"ADS_{name.upper()}"


def _sentence(item: Any) -> str:
    name = str(item["loc"][0]) if item["loc"] else "settings"
    field = Settings.model_fields.get(name)
    shown = ":" if field and field.annotation is SecretStr else f" is {item['input']!r}:"
    return f"{variable_of(name)}{shown} {item['msg'].removeprefix('Value error, ')}"

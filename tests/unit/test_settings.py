"""Settings: defaults, wrong values as one sentence, secrets unseen."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ads_pipeline.errors import SettingsError
from ads_pipeline.secret_files import provider_secrets
from ads_pipeline.settings import Settings, load_settings, variable_of

ROOT = Path(__file__).parents[2]


def test_defaults_lie_under_home(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    assert settings.dsn == f"chdb://{tmp_path}/clickhouse"
    assert settings.landing == f"{tmp_path}/landing"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ADS_RETENTION_DAYS", "soon", "ADS_RETENTION_DAYS is 'soon'"),
        ("ADS_RETENTION_DAYS", "-1", "ADS_RETENTION_DAYS is '-1'"),
        ("ADS_TIMEZONE", "Mars/Olympus", "ADS_TIMEZONE is 'Mars/Olympus': unknown time zone"),
        ("ADS_MAX_FUTURE", "24", "ADS_MAX_FUTURE is '24': write a whole number and a unit"),
        ("ADS_BATCH_BYTES", "lots", "ADS_BATCH_BYTES is 'lots'"),
        ("ADS_LANDING_URL", "ftp://host/x", "unknown scheme; write a folder"),
        ("ADS_DATABASE", "a b", "ADS_DATABASE is 'a b'"),
        ("ADS_SQL_DIR", "gone", "ADS_SQL_DIR is 'gone': no such folder"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'"),
    ],
)
def test_a_wrong_value_is_one_sentence(variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=r"^[^\n]+$") as caught:
        load_settings()
    assert said in str(caught.value)


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for dsn in ("chdb:///data?key=hunter2", "clickhouse://u:hunter2@host:8123/x"):
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", dsn)
        assert "hunter2" not in repr(load_settings())
    for name, value in (("ADS_CLICKHOUSE_DSN", "postgres://u:hunter2@host"), ("ADS_DATABASE", "y")):
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert "hunter2" not in str(caught.value)
        monkeypatch.setenv("ADS_CLICKHOUSE_DSN", "clickhouse://u:hunter2@host:8123/x")


@pytest.mark.parametrize("password", ["hXn/tYr2", "hXn?tYr=2", "hXn#tYr2", "hXn/tYr2/x", "hXn\u2100tYr2", "hXn[tYr2", "hXn]tYr2"])
@pytest.mark.parametrize("database", ["", "y"])
def test_no_part_of_a_password_that_is_not_encoded_is_shown(password: str, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", f"clickhouse://u:{password}@host:8123/x")
    monkeypatch.setenv("ADS_DATABASE", database)
    with pytest.raises(SettingsError, match="percent-encode") as caught:
        load_settings()
    assert "hXn" not in str(caught.value)
    assert "tYr" not in str(caught.value)


@pytest.mark.parametrize("token", ["hunter2\nx", "hunter 2", "h\u00fcnter2", "hunter2\x7f"])
def test_a_token_that_no_header_can_have_is_refused_unseen(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_LANDING_TOKEN", token)
    with pytest.raises(SettingsError, match="ADS_LANDING_TOKEN: use printable ASCII characters") as caught:
        load_settings()
    assert "nter" not in str(caught.value)
    monkeypatch.setenv("ADS_LANDING_TOKEN", " hunter2\r\n")
    assert load_settings().landing_token.get_secret_value() == "hunter2"


def test_the_database_is_named_by_the_dsn_or_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().database == "ads"
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", "clickhouse://host:8123/sales")
    assert load_settings().database == "sales"
    monkeypatch.setenv("ADS_DATABASE", "other")
    with pytest.raises(SettingsError, match="the DSN names another database, 'sales'"):
        load_settings()
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", "chdb:///sales")
    assert load_settings().database == "other"


def test_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_MAX_FUTURE", "90m")
    monkeypatch.setenv("ADS_BATCH_BYTES", "2G")
    settings = load_settings()
    assert (settings.max_future, settings.batch_bytes) == (timedelta(minutes=90), 2 << 30)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("impression,Install", "'Install' cannot be an event type: write up to 32 of a to z, 0 to 9 and _, a letter first"),
        ("impression,,click", "'' cannot be an event type"),
        ("", "'' cannot be an event type"),
        ("a|b", "'a|b' cannot be an event type"),
        ("x" * 33, "cannot be an event type"),
        ("click,view,click", "click stands twice: leave one of them"),
        (",".join(f"t{number}" for number in range(33)), "33 event types: name 1 to 32 of them"),
    ],
)
def test_event_types_are_few_plain_names(names: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADS_EVENT_TYPES", names)
    with pytest.raises(SettingsError, match=rf"ADS_EVENT_TYPES is .*{re.escape(sentence)}"):
        load_settings()


def test_event_types_stand_with_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().event_types == ("impression", "click", "conversion")
    monkeypatch.setenv("ADS_EVENT_TYPES", "impression, click,install ,ad_view_2")
    assert load_settings().event_types == ("impression", "click", "install", "ad_view_2")


def test_the_example_file_has_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    example = dict(line.split("=", 1) for line in lines)
    assert set(example) == {variable_of(name) for name in Settings.model_fields}
    for name, value in example.items():
        if value:
            monkeypatch.setenv(name, value)
    assert load_settings() == Settings.model_validate({})


def test_the_page_of_configuration_names_every_setting() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    for name in Settings.model_fields:
        assert f"`{variable_of(name)}`" in page


def test_a_secret_may_be_a_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"password": "p/w\n", "token": "first\n", "empty": "\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", "clickhouse://ads@host:8123/db")
    monkeypatch.setenv("ADS_CLICKHOUSE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("ADS_LANDING_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("ADS_DAGSTER_DSN", "postgresql://dagster@host/dagster")
    monkeypatch.setenv("ADS_DAGSTER_PASSWORD", "x")
    settings = load_settings()
    assert settings.dsn == "clickhouse://ads:p%2Fw@host:8123/db"
    assert settings.landing_token.get_secret_value() == "first"
    assert settings.dagster_storage == "postgresql+psycopg2://dagster:x@host/dagster"
    assert "p/w" not in repr(settings)
    monkeypatch.setenv("ADS_LANDING_TOKEN", "second")
    assert load_settings().landing_token.get_secret_value() == "second"
    monkeypatch.setenv("ADS_CLICKHOUSE_DSN", "clickhouse://ads:mine@host:8123/db")
    assert load_settings().dsn == "clickhouse://ads:mine@host:8123/db"
    for name, reason in {"empty": "which is empty", "gone": "No such file"}.items():
        monkeypatch.setenv("ADS_LANDING_TOKEN_FILE", str(tmp_path / name))
        with pytest.raises(SettingsError, match=rf"ADS_LANDING_TOKEN_FILE is .*{reason}"):
            load_settings()


def test_secrets_of_object_storage_may_be_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY_FILE", str(tmp_path / "secret"))
    assert provider_secrets() == {"AWS_SECRET_ACCESS_KEY": "s3cret"}
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "set")
    assert provider_secrets() == {}

"""A function's settings, as its environment says them."""

import pytest
from pydantic import ValidationError

from cairn.platform import settings


class Settings(settings.Settings):
    config_table: str
    shards: int
    cache_url: str = ""


ENVIRON = {
    "CAIRN_ENVIRONMENT": "dev",
    "CAIRN_CONFIG_TABLE": "cairn-dev-config",
    "CAIRN_SHARDS": "4",
    "CAIRN_TRACES_TABLE": "cairn-dev-traces",
    "CAIRN_TRACE_DAYS": "7",
    "PATH": "/bin",
    "CAIRN_SOMETHING_ELSE": "is not ours",
}


def test_each_field_is_read_from_its_variable() -> None:
    loaded = Settings.load(ENVIRON)
    assert loaded == Settings(
        environment="dev",
        config_table="cairn-dev-config",
        shards=4,
        traces_table="cairn-dev-traces",
        trace_days=7,
    )
    assert (loaded.log_level, loaded.cache_url, loaded.traces) == ("INFO", "", "off")


def test_the_names_of_all_variables_are_known() -> None:
    assert Settings.variables() == [
        "CAIRN_CACHE_URL",
        "CAIRN_CONFIG_TABLE",
        "CAIRN_ENVIRONMENT",
        "CAIRN_LOG_LEVEL",
        "CAIRN_SHARDS",
        "CAIRN_TRACES",
        "CAIRN_TRACES_TABLE",
        "CAIRN_TRACE_DAYS",
        "CAIRN_TRACE_OTLP_URL",
        "CAIRN_TRACE_PAYLOADS",
        "CAIRN_TRACE_SHARE",
        "CAIRN_TRACE_SLOW_MS",
        "CAIRN_TRACE_XRAY",
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"CAIRN_SHARDS": "many"}, {"CAIRN_ENVIRONMENT": "moon"}, {"CAIRN_LOG_LEVEL": "LOUD"}]
    + [{"CAIRN_TRACE_SHARE": each} for each in ("1.1", "-0.1", "nan")]
    + [{"CAIRN_TRACE_OTLP_URL": each} for each in ("http://collector.example/v1/traces", "x")],
    ids=str,
)
def test_a_malformed_variable_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.load({**ENVIRON, **wrong})


@pytest.mark.parametrize(
    "url", ["", "https://collector.example/v1/traces", "http://127.0.0.1:4318/v1/traces"]
)
def test_a_collector_is_https_or_on_loopback(url: str) -> None:
    assert Settings.load({**ENVIRON, "CAIRN_TRACE_OTLP_URL": url}).trace_otlp_url == url


def test_a_missing_variable_is_refused() -> None:
    with pytest.raises(ValidationError, match="config_table"):
        Settings.load({name: ENVIRON[name] for name in ENVIRON if name != "CAIRN_CONFIG_TABLE"})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load(ENVIRON).shards = 5  # type: ignore[misc]  # that it is refused is the point

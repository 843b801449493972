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
    "PATH": "/bin",
    "CAIRN_SOMETHING_ELSE": "is not ours",
}


def test_each_field_is_read_from_its_variable() -> None:
    loaded = Settings.load(ENVIRON)
    assert loaded == Settings(environment="dev", config_table="cairn-dev-config", shards=4)
    assert (loaded.log_level, loaded.cache_url) == ("INFO", "")


def test_the_names_of_all_variables_are_known() -> None:
    assert Settings.variables() == [
        "CAIRN_CACHE_URL",
        "CAIRN_CONFIG_TABLE",
        "CAIRN_ENVIRONMENT",
        "CAIRN_LOG_LEVEL",
        "CAIRN_SHARDS",
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"CAIRN_SHARDS": "many"}, {"CAIRN_ENVIRONMENT": "moon"}, {"CAIRN_LOG_LEVEL": "LOUD"}],
    ids=str,
)
def test_a_malformed_variable_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.load({**ENVIRON, **wrong})


def test_a_missing_variable_is_refused() -> None:
    with pytest.raises(ValidationError, match="config_table"):
        Settings.load({"CAIRN_ENVIRONMENT": "dev", "CAIRN_SHARDS": "4"})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load(ENVIRON).shards = 5  # type: ignore[misc]  # that it is refused is the point

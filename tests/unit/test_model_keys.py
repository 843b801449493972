"""Keys of providers go where the secret says, for whom it says, and nowhere else."""

import json

import pytest
from pydantic import JsonValue, ValidationError

from cairn.llm.client import AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.keys import ModelKeys, bound_key
from cairn.llm.model import ErrorClass
from cairn.platform.errors import StoreUnavailable

BOUND: dict[str, JsonValue] = {"key": "sk-1", "hosts": ["api.example", "127.0.0.1"]}


def keys(**fields: JsonValue) -> ModelKeys:
    return ModelKeys(lambda: json.dumps({"main": {**BOUND, **fields}}))


def provider(base_url: str = "https://api.example/v1", key: str = "main") -> Provider:
    return Provider(id="a", base_url=base_url, model="m", key=key)


def refused(keys: ModelKeys, provider: Provider, workspace: str = "demo") -> str:
    with pytest.raises(AttemptFailed) as failed:
        keys.find(workspace, provider)
    assert failed.value.error_class is ErrorClass.AUTHENTICATION
    return failed.value.outcome


@pytest.mark.parametrize(
    "base_url", ["https://api.example/v1", "https://API.example:8443/v2", "http://127.0.0.1:4000"]
)
def test_a_key_is_sent_to_its_hosts_whatever_the_port(base_url: str) -> None:
    assert keys().find("demo", provider(base_url)) == "sk-1"


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example/v1",
        "https://api.example.evil.example/v1",
        "https://evil.example/api.example",
        "https://xapi.example",
        "https://api.example.",
        "http://localhost:4000",
    ],
)
def test_a_key_is_sent_to_no_other_host(base_url: str) -> None:
    assert refused(keys(), provider(base_url)) == "key_not_for_host"


def test_a_key_of_some_workspaces_is_not_for_others() -> None:
    shared = keys(workspaces=["demo", "shop"])
    assert shared.find("shop", provider()) == "sk-1"
    assert refused(shared, provider(), "other") == "key_not_for_workspace"
    assert refused(keys(workspaces=[]), provider()) == "key_not_for_workspace"


def test_a_name_without_a_key_finds_none() -> None:
    assert refused(keys(), provider(key="other")) == "no_key"


def test_white_space_around_a_key_is_not_part_of_it() -> None:
    assert keys(key=" sk-1\n").find("demo", provider()) == "sk-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"key": " "},
        {"key": "sk-\u00fc"},
        {"key": "sk-1\nX-Other: 1"},
        {"hosts": []},
        {"hosts": ["https://api.example"]},
        {"hosts": ["api.example:443"]},
        {"hosts": ["API.example"]},
        {"hosts": ["*"]},
        {"workspaces": ["No Workspace"]},
        {"host": "api.example"},
    ],
)
def test_a_malformed_key_opens_nothing_and_is_told_without_its_value(
    fields: dict[str, JsonValue],
) -> None:
    secret = json.dumps({"main": {**BOUND, "key": "sk-1 tell nobody", **fields}, "other": BOUND})
    assert refused(ModelKeys(lambda: secret), provider()) == "keys_unreadable"
    assert ModelKeys(lambda: secret).find("demo", provider(key="other")) == "sk-1"
    with pytest.raises(ValidationError) as error:
        bound_key(secret, "main")
    assert "sk-" not in str(error.value)


@pytest.mark.parametrize("secret", ["sk-1", "[]", '{"main": "sk-1"}', ""])
def test_a_secret_of_another_shape_opens_nothing(secret: str) -> None:
    assert refused(ModelKeys(lambda: secret), provider()) == "keys_unreadable"


def test_a_secret_that_cannot_be_read_opens_nothing() -> None:
    def away() -> str:
        raise StoreUnavailable("The secret cannot be read.")

    assert refused(ModelKeys(away), provider()) == "keys_unreadable"

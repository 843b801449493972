"""Channels: who may be posted to, what a refusal is, and how a notice is signed."""

import base64
from datetime import UTC, datetime

import pytest

from cairn.alerts.channels import ChannelUnavailable, WebhookSender
from cairn.alerts.evaluate import Moment, advance
from cairn.alerts.model import WebhookChannel
from cairn.alerts.signature import shared_secret, signed_headers, workspace_key
from cairn.alerts.state import AlertState, Notice, Reading
from tests.fakes.alerts import at, rule
from tests.functions.webhook import receiver


def notice() -> Notice:
    moment = Moment("demo", "local", at(0))
    fired = advance(rule(), AlertState(alert="busy"), Reading(11, 11), moment)
    return fired.undelivered[0].notice


def sender(*, allow_loopback: bool) -> WebhookSender:
    return WebhookSender(lambda: "secret", lambda: at(0), allow_loopback=allow_loopback)


def test_plain_http_is_spoken_only_on_a_developers_machine() -> None:
    with receiver() as hook:
        channel = WebhookChannel(type="webhook", url=hook.url)
        with pytest.raises(ChannelUnavailable, match="developer's machine"):
            sender(allow_loopback=False).send(channel, notice())
        assert hook.bodies == []
        sender(allow_loopback=True).send(channel, notice())
        assert len(hook.bodies) == 1


def test_a_redirect_is_a_refusal_and_is_not_followed() -> None:
    with receiver() as hook:
        hook.answers, hook.location = [302], hook.url
        channel = WebhookChannel(type="webhook", url=hook.url)
        with pytest.raises(ChannelUnavailable, match="answered 302"):
            sender(allow_loopback=True).send(channel, notice())
        assert len(hook.bodies) == 1


def test_a_webhook_that_is_not_there_is_a_refusal() -> None:
    with receiver() as hook:
        channel = WebhookChannel(type="webhook", url=hook.url)
    with pytest.raises(ChannelUnavailable, match="does not answer"):
        sender(allow_loopback=True).send(channel, notice())


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """The example of the Standard Webhooks reference libraries."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_workspaces_key_is_one_block_of_hkdf_expand_and_is_shared_as_the_standard_says() -> None:
    """HKDF-Expand by another library: 32 bytes, of `root` and the info `cairn webhooks demo`."""
    expanded = "kFFbVp92sRbqS316qAz1TR+dUTy6c72LyQ36SrOWzwg="
    assert shared_secret(workspace_key("root", "demo")) == f"whsec_{expanded}"


def test_no_two_workspaces_and_no_two_roots_have_the_same_key() -> None:
    keys = {workspace_key(root, name) for root in ("one", "two") for name in ("demo", "other")}
    assert len(keys) == 4

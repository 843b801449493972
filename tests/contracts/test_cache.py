"""What every cache keeps to: the one in the process, and a real Valkey."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.platform.cache import Cache
from cairn.platform.valkey import ValkeyCache
from infra.local.ports import free_port
from infra.local.valkey import command, is_ready
from tests.fakes.cache import MemoryCache

READY_TRIES = 200

"""Plays run the functions in the process, with made-up credentials."""

import os

from tests.functions.cloud import ACCOUNT_VARIABLES

os.environ.update(ACCOUNT_VARIABLES)

"""AWS in the process, as the functions' own tests use it."""

from infra.inprocess.cloud import ACCOUNT_VARIABLES, SHARDS, TABLES, Cloud, cloud

__all__ = ["ACCOUNT_VARIABLES", "SHARDS", "TABLES", "Cloud", "cloud"]

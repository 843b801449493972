"""A function's environment variables: exactly what its `settings.py` declares."""

from collections.abc import Mapping
from importlib import import_module

from cairn.platform.settings import Settings, variable
from infra.catalog import Function
from infra.grants import CatalogError


def settings_of(function: Function) -> type[Settings]:
    """The settings model of `function`.

    Raises:
        CatalogError: its folder has no `settings.py` with a class `Settings`.
    """
    module = f"functions.{function.package}.settings"
    try:
        found = import_module(module).Settings
    except (ModuleNotFoundError, AttributeError) as error:
        raise CatalogError(f"{function.name}: {module} has no class Settings") from error
    if not (isinstance(found, type) and issubclass(found, Settings)):
        raise CatalogError(f"{function.name}: {module}.Settings is not a Settings")
    return found


def variables_of(function: Function, values: Mapping[str, str]) -> dict[str, str]:
    """The environment of `function`.

    Args:
        function: Whose settings are filled.
        values: What there is to give, by field.

    Raises:
        CatalogError: the settings declare a field that nothing in `values` fills.
    """
    fields = sorted(settings_of(function).model_fields)
    if unknown := [field for field in fields if field not in values]:
        raise CatalogError(f"{function.name}: the stacks have no value for {', '.join(unknown)}")
    return {variable(field): values[field] for field in fields}

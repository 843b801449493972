"""Turns the stacks into templates and assets, with or without the checks."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from aws_cdk import (  # it reads the environment when it is imported
    App,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    StackSynthesizer,
    Validations,
)
from aws_cdk.cx_api import CloudAssembly  # the same
from cdk_nag import AwsSolutionsChecks  # the same

from infra.config import Environment  # the same
from infra.stacks.app import AppStack  # the same
from infra.stacks.state import StateStack  # the same
from layers.build import LayerAsset  # the same
from layers.recipes import Layer  # the same

ROOT = Path(__file__).parent.parent
LOCAL_ASSETS = "cairn-local-assets"
"""The bucket in which the emulator looks for code."""


def synthesize(
    environments: Iterable[Environment],
    *,
    layers: Mapping[Layer, LayerAsset],
    out: Path,
    checked: bool = True,
) -> CloudAssembly:
    """Writes the templates of `environments` and their assets to `out`.

    Args:
        environments: Which to write, two stacks for each: `cairn-<env>-state`, then
            `cairn-<env>-app`.
        layers: The built layers.
        out: The folder of the cloud assembly.
        checked: Whether cdk-nag's AWS Solutions rules run; an open finding is an error. (The
            library's own check of templates never runs: cfn-lint does the same in less time,
            and knows newer properties.)

    Raises:
        RuntimeError: a finding is open, or the stacks can't be made.
    """
    app = App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        context=_context(),
        outdir=str(out),
    )
    for environment in environments:
        _stacks(app, environment, layers)
    if checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app.synth()


def _stacks(app: App, environment: Environment, layers: Mapping[Layer, LayerAsset]) -> None:
    state = StateStack(app, environment=environment, synthesizer=_synthesizer(environment))
    AppStack(
        app,
        environment=environment,
        stores=state.stores,
        layers=layers,
        synthesizer=_synthesizer(environment),
    )


def _synthesizer(environment: Environment) -> StackSynthesizer:
    if environment.name == "local":  # an emulator has no bootstrap roles and checks no version
        return CliCredentialsStackSynthesizer(file_assets_bucket_name=LOCAL_ASSETS)
    return DefaultStackSynthesizer()


def _context() -> dict[str, object]:
    """The feature flags of `cdk.json`, so that every way to synthesize gives the same."""
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context

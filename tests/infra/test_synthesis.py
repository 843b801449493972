from pathlib import Path

import pytest

from infra.catalog import FUNCTIONS
from infra.config import DEV, ENVIRONMENTS, LOCAL, Name
from infra.constructs import archive
from infra.synthesis import synthesize
from tests.infra.assembly import Template, read, stand_in_layers
from tests.infra.refresh import SNAPSHOTS

EVERY_STACK = pytest.mark.parametrize(
    ("name", "stack"), [(name, stack) for name in ENVIRONMENTS for stack in ("state", "app")]
)


@EVERY_STACK
def test_a_template_is_what_it_was(assembly: Path, name: Name, stack: str) -> None:
    expected = (SNAPSHOTS / f"cairn-{name}-{stack}.json").read_text()
    assert read(assembly, name, stack).masked() == expected, (
        "if that is meant: uv run python -m tests.infra.refresh"
    )


@EVERY_STACK
def test_the_templates_fit_what_cloudformation_takes(
    assembly: Path, name: Name, stack: str
) -> None:
    file = assembly / f"cairn-{name}-{stack}.template.json"
    assert file.stat().st_size <= 1_000_000


def test_a_change_of_the_layer_makes_a_new_version_of_every_function(tmp_path: Path) -> None:
    before, after, again = (
        versions(tmp_path / folder, text)
        for folder, text in (("before", ""), ("after", "changed"), ("again", ""))
    )
    assert len(before) == len(FUNCTIONS)
    assert before.isdisjoint(after)
    assert before == again


def versions(folder: Path, layer: str) -> set[str]:
    synthesize(
        [LOCAL], layers=stand_in_layers(folder / "layers", layer), out=folder / "out", checked=False
    )
    template: Template = read(folder / "out", "local", "app")
    return set(template.of("Lambda::Version"))


def test_a_finding_that_nobody_accepted_stops_the_synthesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "acknowledge", lambda _scope, _reasons: None)
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        synthesize([DEV], layers=stand_in_layers(tmp_path / "layers"), out=tmp_path / "out")


def test_a_functions_asset_holds_its_own_folder_under_its_own_import_path(assembly: Path) -> None:
    assets = [folder for folder in assembly.glob("asset.*") if (folder / "functions").is_dir()]
    assert len(assets) == len(FUNCTIONS)
    for asset in assets:
        names = {each.name for each in (asset / "functions").iterdir()}
        assert "__init__.py" in names
        assert len(names) == 2
        assert not list(asset.rglob("__pycache__"))

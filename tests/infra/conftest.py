from pathlib import Path

import pytest

from infra.config import ENVIRONMENTS
from infra.synthesis import synthesize
from tests.infra.assembly import stand_in_layers


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All environments, synthesized once with every check on."""
    folder = tmp_path_factory.mktemp("assembly")
    layers = stand_in_layers(folder / "layers")
    try:
        synthesize(ENVIRONMENTS.values(), layers=layers, out=folder / "out")
    except RuntimeError as error:  # its trace runs through a file of a million characters
        pytest.fail(f"The stacks do not synthesize: {error}", pytrace=False)
    return folder / "out"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps these tests in one process, so that they share that one synthesis."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infra"))

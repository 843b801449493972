from pathlib import Path

import pytest

from infra.config import ENVIRONMENTS
from infra.synthesis import synthesize
from tests.infra.assembly import stand_in_layer


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All environments, synthesized once with every check on."""
    folder = tmp_path_factory.mktemp("assembly")
    layer = stand_in_layer(folder / "layer")
    try:
        synthesize(ENVIRONMENTS.values(), layer=layer, out=folder / "out")
    except RuntimeError as error:  # its trace runs through a file of a million characters
        pytest.fail(f"The stacks do not synthesize: {error}", pytrace=False)
    return folder / "out"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps these tests in one process, so that they share that one synthesis."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("infra"))

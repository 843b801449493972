import ast
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from layers import build as layer
from layers.build import LayerAsset, build
from layers.packages import LayerError, export_requirements
from layers.recipes import RECIPES, ROOT, Layer, Recipe
from layers.tree import files_of, settle, tree_hash, weigh
from layers.trim import SERVICES, trim

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""The flags of bytecode that is taken without a look at its source (PEP 552)."""

AARCH64 = 183
"""What an ELF file for arm64 has in its field `e_machine`."""


EVERY_LAYER = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)

ALLOWED_BYTES = 250_000_000
"""For all layers and the code of one function, unzipped."""


@pytest.fixture(scope="module")
def arm64() -> LayerAsset:
    return build("arm64")


@EVERY_LAYER
def test_the_requirements_are_what_the_lock_says(recipe: Recipe) -> None:
    assert export_requirements(recipe) == recipe.requirements.read_text(), (
        "if the lock is right: uv run python -m layers.build --export"
    )


@EVERY_LAYER
def test_every_requirement_is_bound_to_hashes(recipe: Recipe) -> None:
    lines = recipe.requirements.read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    assert packages
    assert all("--hash=sha256:" in lines[number + 1] for number in packages)


def test_the_layer_holds_cairn_and_its_packages_below_python(arm64: LayerAsset) -> None:
    assert [each.name for each in arm64.path.iterdir()] == ["python"]
    for name in ("cairn", "botocore", "pydantic", "openai", "redis", "fastapi", "re2"):
        assert (arm64.path / "python" / name / "__init__.py").is_file()
    for name in ("boto3", "s3transfer"):
        assert not (arm64.path / "python" / name).exists()


def test_the_layer_is_within_its_budget(arm64: LayerAsset) -> None:
    assert arm64.size_bytes == sum(file.stat().st_size for file in files_of(arm64.path))
    assert arm64.size_bytes <= 60_000_000


def test_every_module_is_compiled_for_the_functions_own_python(arm64: LayerAsset) -> None:
    assert (ROOT / ".python-version").read_text().strip() == "3.13"
    compiled = list(arm64.path.rglob("*.pyc"))
    for module in ("cairn/platform/http", "botocore/session", "openai/_client"):
        folder, _, name = module.rpartition("/")
        file = arm64.path / "python" / folder / "__pycache__" / f"{name}.cpython-313.pyc"
        assert file in compiled
    for file in compiled:
        header = file.read_bytes()[:8]
        assert header == MAGIC_NUMBER + UNCHECKED_HASH, file


def test_nothing_in_the_layer_was_made_for_another_machine(arm64: LayerAsset) -> None:
    libraries = list(arm64.path.rglob("*.so"))
    assert libraries
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == AARCH64


def test_a_layer_built_again_elsewhere_is_the_same(arm64: LayerAsset, tmp_path: Path) -> None:
    again = build("arm64", cache=tmp_path)
    assert again.path != arm64.path
    assert again.sha256 == arm64.sha256
    assert tree_hash(again.path) == again.sha256


def test_an_unchanged_layer_is_not_built_again(
    arm64: LayerAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    assert build("arm64") == arm64


def test_without_uv_the_layer_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    with pytest.raises(LayerError, match="uv is not on the PATH"):
        build("arm64", cache=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("arm64")
def test_a_layer_over_its_budget_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tight = replace(RECIPES[Layer.SHARED], budget_bytes=1_000)
    monkeypatch.setattr(layer, "RECIPES", {**RECIPES, Layer.SHARED: tight})
    assert layer.main([]) == 1
    assert "its budget 1,000" in capsys.readouterr().err


def test_the_command_prints_what_weighs_how_much(
    arm64: LayerAsset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert layer.main([]) == 0
    printed = capsys.readouterr().out
    assert "pydantic_core" in printed
    assert f"{arm64.size_bytes / 1e6:.2f}" in printed


def test_what_is_left_of_the_packages_still_works() -> None:
    made = "\n".join(f"SESSION.create_client({name!r}, 'eu-central-1')" for name in SERVICES)
    program = f"""
import fastapi, httpx2, mangum, openai, pydantic, re2, redis, starlette, urllib3
from aws_lambda_powertools import Logger, Metrics
from cairn.platform import aws
from cairn.platform.aws import SESSION
from cairn.platform.observability.span import Span
from cairn.platform.observability.xray_sink import XRaySink
{made}
root = Span("1" * 32, "2" * 16, None, "GET /", "console", "server", 0, 1, "ok", {{}})
XRaySink().write([root], 100)
print(aws.__file__)
"""
    place = build("host").path / "python"
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-S", "-B", "-W", "ignore", "-c", program],
        env={"PYTHONPATH": str(place), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(place))


def test_all_layers_together_are_what_lambda_takes() -> None:
    assert sum(build("arm64", each).size_bytes for each in Layer) < ALLOWED_BYTES * 0.95


def test_what_is_left_of_the_statistics_still_works() -> None:
    place = build("host", Layer.ANALYSIS).path / "python"
    done = subprocess.run(  # our own words
        [sys.executable, "-S", "-B", "-c", "from scipy import stats; print(stats.norm.cdf(0))"],
        env={"PYTHONPATH": str(place), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0.5\n", "")


def test_every_service_that_the_code_calls_is_kept() -> None:
    sources = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    called = {name for source in sources for name in clients_in(source.read_text())}
    assert called
    assert called <= SERVICES


def clients_in(source: str) -> set[str]:
    """The services in calls such as `SESSION.create_client("sqs")`."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "create_client"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_equal_trees_have_equal_hashes_whenever_they_were_made(tmp_path: Path) -> None:
    one, other = planted(tmp_path / "one"), planted(tmp_path / "other")
    os.utime(other / "a.py", (0, 0))
    assert tree_hash(one) == tree_hash(other)


@pytest.mark.parametrize("change", ["name", "content", "mode", "border"])
def test_any_difference_makes_another_hash(tmp_path: Path, change: str) -> None:
    before = tree_hash(planted(tmp_path / "before"))
    tree = planted(tmp_path / "after")
    if change == "name":
        (tree / "a.py").rename(tree / "c.py")
    elif change == "content":
        (tree / "a.py").write_text("x = 2\n")
    elif change == "mode":
        (tree / "a.py").chmod(0o755)
    else:
        (tree / "a.py").write_text("x = 1\ny")
        (tree / "b" / "b.py").write_text(" = 1\n")
    assert tree_hash(tree) != before


def planted(root: Path) -> Path:
    (root / "b").mkdir(parents=True)
    (root / "a.py").write_text("x = 1\n")
    (root / "b" / "b.py").write_text("y = 1\n")
    return root


def test_settled_files_have_one_time_and_keep_whether_they_run(tmp_path: Path) -> None:
    tree = planted(tmp_path / "tree")
    (tree / "a.py").chmod(0o700)
    (tree / "b" / "b.py").chmod(0o600)
    settle(tree)
    assert [file.stat().st_mtime for file in files_of(tree)] == [315_532_800] * 2
    assert [file.stat().st_mode & 0o777 for file in files_of(tree)] == [0o755, 0o644]


def test_the_heaviest_package_comes_first(tmp_path: Path) -> None:
    tree = planted(tmp_path / "tree")
    (tree / "b" / "c.py").write_text("z = 1\n")
    assert weigh(tree) == {"b": 12, "a.py": 6}


def test_trimming_leaves_only_what_runs(tmp_path: Path) -> None:
    kept = ["botocore/data/sqs/1/service-2.json.gz", "redis/client.py", "x-1.dist-info/METADATA"]
    dropped = [
        "bin/tool",
        "botocore/data/ec2/1/service-2.json.gz",
        "botocore/data/sqs/1/examples-1.json",
        "x-1.dist-info/RECORD",
        "x-stubs/x.pyi",
        "x/x.pyi",
    ]
    for name in kept + dropped:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    trim(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in files_of(tmp_path)] == kept

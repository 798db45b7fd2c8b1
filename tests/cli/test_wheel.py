"""What is shipped works alone: the wheel, unpacked far from the source, plays the story."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [file] = folder.glob("*.whl")
    return file


def test_the_wheel_has_the_examples_the_licence_and_the_mark_of_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert names >= {"neocloud/py.typed", "neocloud/pages/page.html.jinja"}
    assert names >= {*(f"neocloud/examples/colossus/{n}.yaml" for n in ("fleet", "story"))}
    assert names >= {*(f"neocloud/monitoring/{n}" for n in ("alerts.yaml", "dashboard.json", "prometheus.yaml"))}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    source = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/neocloud").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == source
    assert all(name.startswith(("neocloud/", "neocloud-")) for name in names)


def test_the_demo_plays_out_of_the_unpacked_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "unpacked")
    program = (
        "import sys, neocloud; from neocloud.cli.main import main; code = main(['demo', 'colossus']);"
        "print(neocloud.__file__); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "unpacked"), "PYTHONDONTWRITEBYTECODE": "1"}
    played = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stderr
    *_, place = played.stdout.splitlines()
    assert Path(place).is_relative_to(tmp_path / "unpacked")
    assert "Nothing is oversold" in played.stdout
    assert (tmp_path / "colossus" / "neocloud.toml").is_file()

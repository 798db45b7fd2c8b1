"""The house holds: no upward import, no heavy import at the door, no host and no machine named in a file."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on the package in a folder, by the contracts beside it."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--config", "pyproject.toml"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package and its contracts."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "neocloud", tmp_path / "neocloud", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        ("rules/law.py", "from neocloud.operations.ledger import Ledger", "The house"),
        ("rules/rights.py", "import neocloud.store.journal", "The house"),
        ("model/world.py", "import random", "Rules touch nothing outside"),
        ("sheets/tables.py", "from neocloud.rules.law import fits", "The house"),
    ],
)
def test_an_upward_or_outward_import_breaks_the_house(house: Path, file: str, planted: str, broken: str) -> None:
    target = house / "neocloud" / file
    target.write_text(f"{target.read_text('utf-8')}\n{planted}  # noqa\n", "utf-8")
    found = lint_imports(house)
    assert found.returncode == 1, found.stdout + found.stderr
    assert re.search(rf"{broken}.* BROKEN", found.stdout)


def test_the_house_stands_as_it_is(house: Path) -> None:
    found = lint_imports(house)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_door_loads_nothing_heavy(option: str) -> None:
    program = (
        "import sys; from neocloud.cli.main import main; code = main([sys.argv[1]]);"
        "print(*sorted(m for m in sys.modules if '.' not in m)); sys.exit(code)"
    )
    answer = subprocess.run([sys.executable, "-c", program, option], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.strip().split("\n")[-1].split())
    assert "click" in loaded
    assert loaded.isdisjoint(
        {"yaml", "psycopg", "sqlite3", "_sqlite3", "numpy", "pyarrow", "jinja2", "numba", "rich", "hypothesis"}
    )


def tracked() -> list[tuple[str, str]]:
    """Every text file that is, or would be, tracked: its name and what it says."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = []
    for name in filter(None, names):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content:
            found.append((name, content.decode("utf-8", errors="replace")))
    return found


def named_in(pattern: str) -> list[str]:
    """Where tracked files match a pattern."""
    return [
        f"{name}: {line.strip()[:100]}"
        for name, text in tracked()
        for line in text.split("\n")
        if re.search(pattern, line, re.IGNORECASE)
    ]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    hosts = ["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.", r"deb\.deb" + r"ian\."]
    assert named_in("|".join(hosts)) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    folders = "|".join(["wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + r"me/\w+"])
    assert named_in(rf"(^|[^\w.-])/({folders})/") == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_host_and_has_a_hash_for_every_package(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)
    assert pinned
    assert len(pinned) == len(re.findall(r"^[\w.\[\]-]+==\S+(?: ;.*)? \\\n    --hash=sha256:", text, re.MULTILINE))


def test_the_licence_is_the_whole_of_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert len(text) == 11_358

"""The page of the client: its program runs, and prints what the page says."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from tests.client.conftest import Served
from tests.docs.sessions import fenced

PAGE = Path(__file__).resolve().parents[2] / "docs" / "client.md"


def test_the_program_of_the_page_prints_what_it_says(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOCLOUD_SERVER", served.url)
    monkeypatch.setenv("NEOCLOUD_KEY", served.key("operator"))
    program, printed = (
        next(block.text for block in fenced(PAGE) if block.language == language) for language in ("python", "text")
    )
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(program, str(PAGE), "exec"), {})
    assert out.getvalue() == printed

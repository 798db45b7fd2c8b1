"""Replays what a page shows: its files, its commands, and what they print."""

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from neocloud.cli.main import main

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Fenced(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


class Said(NamedTuple):
    """A command of a session, and the lines that the page says it prints."""

    command: str
    lines: list[str]


def fenced(page: Path) -> list[Fenced]:
    """The fenced blocks of a page, in order."""
    return [Fenced(*found) for found in _FENCE.findall(page.read_text("utf-8"))]


def replay(page: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the `console` blocks of a page in the working directory; how many commands that was."""
    blocks = fenced(page)
    for block in blocks:
        if block.language == "yaml" and block.text.startswith("# "):
            Path(block.text.split("\n", 1)[0].removeprefix("# ")).write_text(block.text, "utf-8")
    session = [said for block in blocks if block.language == "console" for said in conversation(block.text)]
    code = 0
    for said in session:
        first, _, rest = said.command.partition(" ")
        if first == "export":
            for name, _, value in (setting.partition("=") for setting in rest.split()):
                monkeypatch.setenv(name, value)
        elif said.command == "echo $?":
            assert said.lines == [str(code)], page.name
        else:
            assert first == "neocloud", f"{page.name} runs {first}"
            code, printed = run(shlex.split(rest), monkeypatch)
            assert _matches(said.lines, printed), f"{page.name}: {said.command}\nprints\n" + "\n".join(printed)
    return len(session)


def conversation(text: str) -> Iterator[Said]:
    """The commands of a block, after `$ `, with what follows each."""
    text = text.replace("\\\n", " ")
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = part.rstrip("\n").split("\n")
        yield Said(" ".join(command.split()), lines)


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Run one command line: its exit code, and the lines it printed, remarks and refusals among them."""
    monkeypatch.setattr(sys, "argv", ["neocloud", *arguments])
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(out):
        code = main(arguments)
    out.seek(0)
    return code, [line.rstrip() for line in out.read().rstrip("\n").split("\n")]


def _matches(expected: list[str], printed: list[str]) -> bool:
    """Whether lines are as expected, where `...` stands for any number of them."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None

"""Writes the pages that follow from the program: docs/commands.md and docs/pictures/capacity.svg.

    python -m tools.pages

A test compares them with what is there, so a changed command without its page does not pass.
"""

import inspect
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import click

from neocloud.cli.main import neocloud
from tools.terminal_svg import svg

ROOT = Path(__file__).resolve().parent.parent
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
CAPACITY_PICTURE = ROOT / "docs" / "pictures" / "capacity.svg"

_HEAD = """\
# Commands

This page is written by `python -m tools.pages` from the help texts; `neocloud COMMAND --help` has every option.

`neocloud --data DIR` (or `NEOCLOUD_DATA`) names the data directory, `./neocloud-data` without it.
`neocloud --server URL` (or `NEOCLOUD_SERVER`) works with a server instead ([client.md](client.md)).
`neocloud --now TIME` (or `NEOCLOUD_NOW`) asks and decides as at another instant than the clock's.
`--output json` gives an array for a list and an object for one thing, each with an `id`.

Times are ISO 8601 with their offset (`2026-10-01T12:00:00Z`), a day (its first second in UTC), `+90d` from now, or
`now`. Exit code 0: done. 2: refused, or wrong input; nothing has changed. 1: the world's fault. The codes are in
[errors.md](errors.md).
"""
_PICTURED = (
    "capacity --pool colossus-2-gb200 --pool colossus-2-gb300",
    "--from 2026-04-01 --until 2027-04-01 --output chart",
)
_PICTURE_COLUMNS = 100


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command under a group, groups among them, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


def examples(command: click.Command) -> list[str]:
    """The examples in a command's help text, a line each."""
    _, _, after = (command.help or "").partition("Example")
    return [line.strip() for line in after.split("\n") if line.strip().startswith("neocloud")]


def summary(command: click.Command) -> str:
    """The first paragraph of a help text, on one line."""
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def commands_page() -> str:
    """The text of docs/commands.md."""
    parts = [_HEAD]
    for words, command in commands(neocloud):
        if isinstance(command, click.Group) and not command.invoke_without_command:
            parts.append(f"## {' '.join(words)}\n\n{summary(command)}\n")
            continue
        level = "##" if len(words) == 1 else "###"
        block = "\n".join(examples(command))
        parts.append(f"{level} {' '.join(words)}\n\n{summary(command)}\n\n```sh\n{block}\n```\n")
    return "\n".join(parts)


def capacity_picture() -> str:
    """The picture of two pools as the story leaves them, from the real output."""
    with tempfile.TemporaryDirectory() as folder, _terminal(_PICTURE_COLUMNS):
        printed("demo", f"{folder}/colossus")
        start = ("--data", f"{folder}/colossus", "--now", "2026-09-15")
        chart = printed(*start, *" ".join(_PICTURED).split())
        verdict = printed(*start, "audit")
    prompt = click.style("$ neocloud " + " \\\n    ".join(_PICTURED), fg="green")
    asked = click.style("$ neocloud audit", fg="green")
    title = "Who holds what under what there is: two pools of the example over a year, and the audit's verdict"
    return svg(f"{prompt}\n{chart}\n{asked}\n{verdict}", title)


def printed(*arguments: str) -> str:
    """What a command prints on a terminal, with its colours."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        neocloud.main(args=list(arguments), prog_name="neocloud", standalone_mode=False, color=True)
    return out.getvalue()


@contextmanager
def _terminal(columns: int) -> Iterator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(columns)
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def main() -> None:
    """Write both."""
    for path, text in ((COMMANDS_PAGE, commands_page()), (CAPACITY_PICTURE, capacity_picture())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

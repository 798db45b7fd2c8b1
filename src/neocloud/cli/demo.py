"""`neocloud demo`: play the story of an example, by running its commands."""

import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing, redirect_stderr
from pathlib import Path

import click

from neocloud.cli.main import main
from neocloud.cli.output import note
from neocloud.cli.places import check_here
from neocloud.cli.story import Step, Story, conflicts, example_files, load_fleet
from neocloud.errors import Invalid
from neocloud.operations.directory import create_directory, open_directory

_CODES = {"done": 0, "refused": 2}
_WORLDS_FAULT = 1


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), required=False)
@click.option("--example", default="colossus", show_default=True, metavar="NAME")
def demo(directory: Path | None, example: str) -> None:
    """Play the real story: a lab sells one site whole and half of the next, and keeps its promises.

    The ledger is made in DIRECTORY, and stays there to be looked at; without one it is thrown away.

    \b
    Example:
      neocloud demo ./colossus && neocloud --data ./colossus lease show anthropic
    """
    check_here(click.get_current_context().obj, "the story is played")
    story = example_files(example)
    if directory is not None:
        _play(story, directory)
        click.echo(f"\nLook around in it: neocloud --data {directory} lease list")
        return
    with tempfile.TemporaryDirectory() as folder:
        _play(story, Path(folder) / "colossus")


def _play(story: Story, directory: Path) -> None:
    ledger = create_directory(directory, journal=None, now=story.first_at)
    with closing(ledger.journal):
        load_fleet(ledger, story)
    click.secho(story.title, bold=True, underline=True)
    for step in story.steps:
        _say(step)
        if step.conflicts:
            _show_conflicts(directory)
        elif step.kill:
            _kill(step, directory)
        else:
            _run(step, directory)


def _say(step: Step) -> None:
    click.echo()
    click.secho(f"{step.at}", bold=True, fg="cyan")
    click.echo(_paragraph(step.say))


def _run(step: Step, directory: Path) -> None:
    click.secho(f"$ neocloud --now {step.at} {shlex.join(step.run)}", fg="green")
    with redirect_stderr(sys.stdout):
        code = main(["--data", str(directory), "--now", step.at, *step.run])
    if code == _WORLDS_FAULT:
        raise click.exceptions.Exit(code)
    if code != _CODES[step.expect]:
        raise Invalid(f"the story goes wrong at {step.at}: {shlex.join(step.run)} should be {step.expect}")


def _kill(step: Step, directory: Path) -> None:
    """Run a command that is killed in its commit, and see that the ledger is what it was."""
    before = _digest(directory)
    click.secho(
        f"$ neocloud --now {step.at} {shlex.join(step.kill)}     # and kill -9, before its COMMIT", fg="green"
    )
    words = ["--data", str(directory), "--now", step.at, *step.kill]
    killed = subprocess.run([sys.executable, "-m", "neocloud.cli.killed", *words], check=False)
    after = _digest(directory)
    click.echo(f"killed by signal {-killed.returncode}\ndigest before  {before}\ndigest after   {after}")
    if killed.returncode != -signal.SIGKILL or after != before:
        raise Invalid("the story goes wrong: what was killed has left a trace")


def _digest(directory: Path) -> str:
    with closing((ledger := open_directory(directory, warn=note)).journal):
        return ledger.world.digest()


def _show_conflicts(directory: Path) -> None:
    ledger = open_directory(directory, warn=note)
    with closing(ledger.journal):
        for name, field, source in conflicts(ledger):
            click.echo(_paragraph(f"{name}.{field} ({source.confidence}): {source.conflict}", indent="  "))


def _paragraph(text: str, indent: str = "") -> str:
    return textwrap.fill(text, width=100, initial_indent=indent, subsequent_indent=indent * 2)

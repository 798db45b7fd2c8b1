"""How answers look: plain columns for people, JSON, YAML or CSV for programs. Colours only on a terminal."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import click

from neocloud.documents.plain import facts, plain
from neocloud.errors import NeocloudError

Row = Mapping[str, Any]


def output_option(*more: str) -> Callable[[Any], Any]:
    """`--output` on a command; its first choice is the default."""
    choices = ["table", *more, "json", "yaml", "csv"]
    return click.option(
        "--output", "-o", type=click.Choice(choices), default="table", show_default=True, help="How to print it."
    )


def print_rows(rows: Sequence[Row], output: str, columns: Sequence[str] = (), empty: str = "none") -> None:
    """A listing: a table of `columns`, or whole rows as JSON, YAML or CSV."""
    if output == "table":
        if not rows:
            click.echo(empty)
            return
        click.echo(table([[cell(row.get(column)) for column in columns] for row in rows], columns))
    elif output == "csv":
        print_csv(rows, columns)
    else:
        print_value(list(rows), output)


def print_one(row: Row, output: str, lines: Callable[[], str]) -> None:
    """One thing: lines for people, or the whole row for programs."""
    if output == "table":
        click.echo(lines())
    elif output == "csv":
        print_csv([row], list(row))
    else:
        print_value(row, output)


def print_value(value: Any, output: str) -> None:
    """A value as JSON or YAML."""
    if output == "json":
        click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))
    else:
        click.echo(_yaml(value))


def print_csv(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Rows as CSV with a header; a field of a field has a column (`computed.gpus`), a list is JSON in its cell."""
    rows = [_flat(row) for row in rows]
    found = list(dict.fromkeys(name for row in rows for name in row))
    inner = {name.rpartition(".")[0] for name in found}  # `fee` is empty where other rows have `fee.amount`
    found = [name for name in found if name not in inner or any(row.get(name) is not None for row in rows)]
    names = [name for name in columns if name in found] + [name for name in found if name not in columns]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names or columns)
    for row in rows:
        writer.writerow([_csv_cell(plain(row.get(name))) for name in names])
    click.echo(buffer.getvalue(), nl=False)


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Aligned columns, as kubectl prints them; numbers to the right."""
    shown = [[heading.upper().replace("_", " ") for heading in headings], *rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(headings))]
    right = [all(_is_number(row[i]) for row in rows) for i in range(len(headings))]
    lines = []
    for row in shown:
        cells = [text.rjust(w) if r else text.ljust(w) for text, w, r in zip(row, widths, right, strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines[0] = click.style(lines[0], bold=True)
    return "\n".join(lines)


def fields(rows: Sequence[tuple[str, Any]]) -> str:
    """Names and values, one a line, those without a value left out."""
    kept = [(name, cell(value)) for name, value in rows if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{click.style(name.ljust(width), bold=True)}  {text}" for name, text in kept)


def counted(number: int, what: str) -> str:
    """A number of things: `1 change`, `2 changes`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def cell(value: Any) -> str:
    """A value in a table: numbers with thousands, lists with commas, nothing as a dash."""
    match value:
        case None | "" | [] | ():
            return "-"
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return f"{value:,}"
        case list() | tuple():
            nested = any(isinstance(inner, Mapping) for inner in value)
            return ("; " if nested else ", ").join(cell(inner) for inner in value)
        case Mapping():
            return ", ".join(f"{name} {cell(inner)}" for name, inner in value.items())
        case _:
            return str(value)


def note(sentence: str) -> None:
    """A remark beside the answer, on stderr."""
    click.secho(sentence, err=True, fg="yellow")


def complain(error: NeocloudError, arguments: Sequence[str]) -> None:
    """What went wrong, on stderr; for a program that asked for JSON, also as a problem document on stdout."""
    click.secho(f"neocloud: {error}", err=True, fg="red")
    if _wants_json(arguments):
        problem = {"code": error.code, "title": str(error), **{name: facts(f) for name, f in error.facts.items()}}
        click.echo(json.dumps(problem, indent=2, ensure_ascii=False))


def _wants_json(arguments: Sequence[str]) -> bool:
    return not {"--output=json", "-ojson"}.isdisjoint(arguments) or any(
        flag in {"-o", "--output"} and value == "json" for flag, value in pairwise(arguments)
    )


def _flat(row: Row, within: str = "") -> dict[str, Any]:
    """A row with one level: a field of a field is named by both."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        result |= _flat(value, f"{within}{name}.") if isinstance(value, Mapping) else {f"{within}{name}": value}
    return result


def _csv_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _yaml(value: Any) -> str:
    """YAML as `neocloud apply` reads it: numbers bare, every digit kept."""
    import yaml  # noqa: PLC0415

    class Dumper(yaml.SafeDumper):
        """Knows decimals as well, and says a thing twice rather than name it."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def decimal(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
        kind = "float" if "." in f"{number:f}" else "int"
        return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", f"{number:f}")

    Dumper.add_representer(Decimal, decimal)
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110).rstrip("\n")


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()

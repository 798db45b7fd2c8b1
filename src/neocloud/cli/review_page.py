"""The review as one page of HTML: nothing is fetched, it prints well, and no colour carries meaning."""

import re
from collections.abc import Sequence
from html import escape
from string import Template

PageRow = tuple[list[str], list[str], list[str]]
"""The cells before what changed, each change, and the cells after it."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:]+Z)?")
_UNBROKEN = r'<span class="when">\g<0></span>'
_HEADINGS = ("Recorded", "Cause", "Noun", "Id", "What changed", "Command", "Reason")

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; margin: 2rem auto; max-width: 84rem;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #bbb;
  overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid #111; white-space: nowrap; }
tbody th { font-weight: 600; }
.when { white-space: nowrap; }
.command { font-family: ui-monospace, monospace; font-size: .8em; }
.totals { width: auto; }
.totals th { padding-right: 2rem; }
ul { margin: 0; padding: 0; list-style: none; }
footer { margin-top: 2rem; font-size: .85rem; overflow-wrap: anywhere; }
@media print {
  @page { size: landscape; margin: 12mm; }
  body { font-size: 10px; margin: 0; max-width: none; padding: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2, thead { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
}
</style>
</head>
<body>
<main>
<h1>$title</h1>
<table class="totals">
<caption>Totals</caption>
<tbody>
$totals
</tbody>
</table>
$sections
</main>
<footer>GPUs and money count confirmed leases: a hold is no contract until it is confirmed. $foot</footer>
</body>
</html>""")

_SECTION = Template("""\
<section>
<h2>$name ($count)</h2>
<table>
<caption>What changed: $name</caption>
<colgroup><col style="width: 8%"><col style="width: 8%"><col style="width: 6%"><col style="width: 11%"><col>\
<col style="width: 14%"><col style="width: 11%"></colgroup>
<thead><tr>$headings</tr></thead>
<tbody>
$rows
</tbody>
</table>
</section>""")


def page(title: str, totals: Sequence[tuple[str, str]], sections: list[tuple[str, list[PageRow]]], foot: str) -> str:
    """The whole page. Everything that comes in is text, and is escaped here."""
    lines = [
        f'<tr><th scope="row">{escape(_first_up(name))}</th><td>{escape(text)}</td></tr>' for name, text in totals
    ]
    shown = "\n".join(_section(name, rows) for name, rows in sections) or "<p>Nothing was recorded.</p>"
    return _PAGE.substitute(title=escape(title), totals="\n".join(lines), sections=shown, foot=escape(foot))


def _section(name: str, rows: list[PageRow]) -> str:
    return _SECTION.substitute(
        name=escape(_first_up(name)),
        count=f"{len(rows):,}",
        headings="".join(f'<th scope="col">{each}</th>' for each in _HEADINGS),
        rows="\n".join(map(_row, rows)),
    )


def _row(row: PageRow) -> str:
    (when, cause, noun, name), changes, (command, reason) = row
    items = "".join(f"<li>{_INSTANT.sub(_UNBROKEN, escape(change))}</li>" for change in changes)
    return (
        f'<tr><td class="when">{escape(when)}</td><td>{escape(cause)}</td><td>{escape(noun)}</td>'
        f'<th scope="row">{escape(name)}</th><td><ul>{items}</ul></td>'
        f'<td class="command">{escape(command)}</td><td>{escape(reason)}</td></tr>'
    )


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]

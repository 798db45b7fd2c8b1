"""`neocloud surplus`: what could I sell, and what would our own teams feel?"""

from pathlib import Path
from typing import Any

import click

from neocloud.cli.asking import together
from neocloud.cli.files import can_be_written, tell_written
from neocloud.cli.output import note, output_option, print_rows, print_value
from neocloud.cli.session import Bar
from neocloud.cli.surplus_asked import caution, one_of, only_of_jobs, question, reading, serving_load
from neocloud.settings import LET_RATIO, OBJECTIVE, RESAMPLES, SHARES_SOLD, WARM_UP_S
from neocloud.units import format_duration

FORMATS = ("auto", "sacct", "sacct-json", "swf", "philly", "helios", "acme", "parquet", "mapped")
FILES = ("report", "tables", "json_", "scenario", "trace_out", "jobs_out")
POLICIES = ("fifo", "backfill", "shortest", "priority")

_file = click.Path(path_type=Path, dir_okay=False)
_folder = click.Path(path_type=Path, file_okay=False)


_history_options = together(
    click.option("--example", is_flag=True, help="Replay a made-up history instead (synthetic, and called so)."),
    click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="auto", help="Of the history [its content]."
    ),
    click.option("--mapping", type=_file, metavar="FILE", help="YAML: which column is what, for any CSV."),
    click.option("--zone", metavar="ZONE", help="Local time of the history, such as Europe/Berlin [UTC]."),
    click.option("--begins", metavar="TIME", help="The instant of second 0, where a history has no calendar."),
    click.option("--processors-are-gpus", is_flag=True, help="Of the Standard Workload Format: read them so."),
    click.option("--strict", is_flag=True, help="Refuse the first row that cannot be read, instead of counting it."),
)
_fleet_options = together(
    click.option("--gpus", type=click.IntRange(min=1), help="GPUs of the whole fleet [the peak in use]."),
    click.option("--nodes", metavar="LIST", help="Nodes of the fleet: 121x8, 321x2,231x8, a100:64x8,h100:16x8."),
    click.option("--pool", metavar="POOL", help="The GPUs of this pool of the ledger, as sellable now."),
)
_replay_options = together(
    click.option("--policy", type=click.Choice(POLICIES), default="backfill", show_default=True, help="Who is next."),
    click.option("--estimates", default="auto", metavar="KIND", help="limits, perfect, padded:2 [limits, if known]."),
    click.option("--sell", default=SHARES_SOLD, show_default=True, metavar="SHARES", help="0.1, or FROM:TO:STEP."),
    click.option("--objective", default=OBJECTIVE, show_default=True, metavar="RULE", help="Waits to put up with."),
    click.option("--quota", "quotas", multiple=True, metavar="TEAM=GPUS", help="The most that a team holds at once."),
    click.option(
        "--warm-up", default=format_duration(WARM_UP_S), show_default=True, metavar="TIME",
        help="Jobs submitted so soon are not measured.",
    ),
    click.option(
        "--resamples", type=click.IntRange(0, 10_000), default=RESAMPLES, show_default=True,
        help="Draws of weeks, for the range of the knee.",
    ),
    click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the draws."),
)  # fmt: skip
_money_options = together(
    click.option("--price", "prices", metavar="LOW,MID,HIGH", help="USD per GPU-hour sold; one or up to three."),
    click.option(
        "--let", default=LET_RATIO, show_default=True, metavar="RATIO", help="Of the hours sold, how many are let."
    ),
    click.option("--value", metavar="USD", help="What a GPU-hour of waiting costs."),
    click.option("--notice", metavar="LIST", help="Also sell so that it may be reclaimed: 2m,1d,7d."),
)
_serving_options = together(
    click.option("--serving", type=_file, metavar="LOG", help="Instead of jobs: requests to a product, with tokens."),
    click.option("--tokens-per-gpu-s", metavar="RATE", help="Tokens that a GPU serves a second; or IN,OUT."),
    click.option("--latency", default="2s", show_default=True, metavar="TIME", help="No token is served later."),
    click.option("--replica", type=click.IntRange(min=1), default=1, show_default=True, help="GPUs come in so many."),
    click.option("--ceiling", default="1", show_default=True, metavar="RATIO", help="How busy a GPU may be."),
)
_file_options = together(
    click.option("--report", type=_file, metavar="FILE", help="Write the report, one HTML page."),
    click.option("--tables", type=_folder, metavar="DIR", help="Write its tables as Parquet."),
    click.option("--json", "json_", type=_file, metavar="FILE", help="Write the whole answer as JSON."),
    click.option("--scenario", type=_file, metavar="FILE", help="Write the demand of inside teams, for a plan."),
    click.option("--trace-out", type=_file, metavar="FILE", help="Write the jobs that were read, as Parquet."),
    click.option(
        "--jobs-out", type=_file, metavar="FILE", help="Write start and wait of every job at the first share."
    ),
)


@click.command()
@click.argument("history", type=click.Path(path_type=Path), required=False)
@_history_options
@_fleet_options
@_replay_options
@_money_options
@_serving_options
@_file_options
@output_option()
def surplus(**said: Any) -> None:
    """What could I sell, and what would our own teams feel? HISTORY is what a cluster wrote down of its jobs.

    It is replayed on the whole fleet and on ever smaller ones. The knee is the largest share sold that keeps the
    objective. Formats: Slurm's sacct (text and JSON), Standard Workload Format, Philly, Helios, Acme, Parquet, and
    any CSV by a mapping (docs/histories.md). With --serving: how many GPUs the requests of a product need.

    \b
    Examples:
      neocloud surplus --example --report surplus.html
      neocloud surplus jobs.parquet --gpus 2490 --price 1.5,2,2.5 --notice 2m,1d,7d
      neocloud surplus sacct.txt --nodes 121x8 --zone Europe/Berlin --objective "p99<2h"
      neocloud surplus jobs.parquet --gpus 2490 --policy fifo --sell 0 --jobs-out starts.parquet
      neocloud surplus --serving requests.parquet --tokens-per-gpu-s 900 --gpus 64
    """
    one_of(said, ("history", "example", "serving"), "a HISTORY, --example or --serving")
    can_be_written(said, FILES)
    if said["serving"]:
        _serve(said)
    else:
        _replay(said)


def _replay(said: dict[str, Any]) -> None:
    from neocloud.backtest.replay import compiles_first  # noqa: PLC0415
    from neocloud.backtest.surplus import surplus as ask  # noqa: PLC0415
    from neocloud.cli.surplus_shown import lines, rows, whole  # noqa: PLC0415

    read = reading(said)
    asked = question(said, read)
    if compiles_first(asked.policy, asked.fleet, asked.quotas):
        note("compiling the replay, once on this machine: it takes ten seconds to a minute")
    answered = ask(read, asked, Bar("replaying"))
    caution(read, asked, answered.surplus)
    _write(read, answered, said)
    match said["output"]:
        case "table":
            click.echo(lines(answered.surplus))
        case "csv":
            print_rows(rows(answered.surplus), "csv")
        case output:
            print_value(whole(answered.surplus), output)


def _write(read: Any, answered: Any, said: dict[str, Any]) -> None:
    """The files that were asked for; each is there whole, or not at all."""
    from neocloud.backtest import keeping  # noqa: PLC0415

    found = answered.surplus
    if said["report"]:
        from neocloud.backtest.report.page import page  # noqa: PLC0415
        from neocloud.pages.writing import write_page  # noqa: PLC0415

        write_page(said["report"], page(found))
    if said["tables"]:
        keeping.write_tables(said["tables"], found)
    if said["json_"]:
        keeping.write_json(said["json_"], found)
    if said["scenario"]:
        from neocloud.backtest.scenario import write_scenario  # noqa: PLC0415

        write_scenario(said["scenario"], found, said["pool"])
    if said["trace_out"]:
        keeping.write_trace(said["trace_out"], read.trace)
    if said["jobs_out"]:
        keeping.write_jobs(said["jobs_out"], *answered.starts())
    tell_written(said, FILES)


def _serve(said: dict[str, Any]) -> None:
    from neocloud.cli.serving_shown import serving_lines, serving_row, serving_rows  # noqa: PLC0415

    only_of_jobs(said, (*FILES, "prices", "value", "notice", "quotas", "mapping"))
    found = serving_load(said)
    match said["output"]:
        case "table":
            click.echo(serving_lines(found))
        case "csv":
            print_rows(serving_rows(found), "csv")
        case output:
            print_value(serving_row(found), output)

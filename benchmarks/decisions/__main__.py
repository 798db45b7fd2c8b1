"""Play worlds, and say how good each policy was.

    python -m benchmarks.decisions [--world right,wrong] [--seeds 0-29] [--policy plan,...] [--jobs 2]

Each world is shown and saved (`benchmarks/results/decisions-WORLD.json`) as soon as all its seeds are played, so
that an interrupt loses only the one that is being played. `--no-save` saves nothing; `--on-ledger` plays the plain
policies on a ledger too, which is slower and comes to the same.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from benchmarks.decisions.processes import each_done, processes
from benchmarks.decisions.results import keep, rows_of, table
from benchmarks.decisions.scores import COMPARED, POLICIES, Cell, played
from benchmarks.decisions.worlds import WORLDS


def main() -> int:
    """Play, show, save."""
    asked = _asked()
    policies = tuple(dict.fromkeys([*COMPARED, *asked.policy]))
    try:
        with processes(asked.jobs) as pool:
            for world in asked.world:
                cells = [Cell(world, seed, policies, asked.on_ledger) for seed in asked.seeds]
                rows = rows_of([score for scores in each_done(pool, played, cells, world) for score in scores])
                print(table(world, asked.seeds, rows), flush=True)
                if not asked.no_save:
                    keep(world, asked.seeds, rows)
    except KeyboardInterrupt:
        print("\ninterrupted; worlds shown before are whole", file=sys.stderr)
        return 130
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions", description="Play worlds of requests.")
    parser.add_argument("--world", type=_among(WORLDS), default=WORLDS, help=f"of {', '.join(WORLDS)}; default: all")
    parser.add_argument("--seeds", type=_numbers, default=range(30), help="such as 0-29 or 1,4,7")
    parser.add_argument("--policy", type=_among(POLICIES), default=POLICIES, help=f"of {', '.join(POLICIES)}")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--on-ledger", action="store_true", help="plain policies on a ledger too")
    parser.add_argument("--no-save", action="store_true", help="write no results")
    return parser.parse_args()


def _among(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Names of those that are known, with commas between them."""

    def names(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return text.split(",")

    return names


def _numbers(text: str) -> list[int]:
    """Numbers and ranges, with commas between them: 0-4,9."""
    ranges = [part.partition("-")[::2] for part in text.split(",")]
    return [number for first, last in ranges for number in range(int(first), int(last or first) + 1)]


if __name__ == "__main__":
    sys.exit(main())

"""A process that loads a journal and says what it holds in memory: `python -m benchmarks.memory URL`.

Three numbers, in bytes: resident before it loads, resident with all timelines and indices, and the peak. A
process of its own, as what another has freed it often keeps.
"""

import sys
from contextlib import closing
from pathlib import Path

from benchmarks.ledger import warm
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal


def main(url: str) -> None:
    """Load, build, say."""
    before = _status("VmRSS")
    with closing(open_journal(url)) as journal:
        ledger = Ledger(journal)
        warm(ledger.world)
        print(before, _status("VmRSS"), _status("VmHWM"))


def _status(name: str) -> int:
    """A figure that the kernel keeps of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])

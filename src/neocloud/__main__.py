"""The installed command, and `python -m neocloud`: an interrupt is one sentence, however early it comes."""

import sys


def run() -> None:
    """Run the command line of this process, and leave with its exit code."""
    try:
        from neocloud.cli.main import main  # noqa: PLC0415  (half of the time before the first answer goes into this)

        code = main()
    except KeyboardInterrupt:
        sys.stderr.write("neocloud: interrupted before anything was done\n")
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    run()

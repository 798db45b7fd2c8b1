"""Pages are complete, and what they say is so."""

import ast
import re
import shlex
import tomllib
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import click
import msgspec
import pytest
from tools import pages
from tools.terminal_svg import svg

from neocloud import errors, settings
from neocloud.cli.main import neocloud
from neocloud.errors import Mistaken, NeocloudError, Refused
from neocloud.model.entries import Entry
from neocloud.store import sqlite
from tests.docs.sessions import fenced, replay, run

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "neocloud"
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
COMMANDS = dict(pages.commands(neocloud))


def text_of(*names: str) -> str:
    """The text of a file, by its path from the root."""
    return ROOT.joinpath(*names).read_text("utf-8")


def rows(page: str) -> list[list[str]]:
    """The rows of every table of a page, their heads apart, a list of cells each."""
    lines = [line for line in text_of("docs", page).split("\n") if line.startswith("|") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# ---- settings and errors ----


def test_every_setting_is_on_its_page_with_its_default_and_no_other_is() -> None:
    kept = {name: value for name, value in vars(settings).items() if name.isupper()}
    written = {row[0].strip("`"): row[1].strip("`") for row in rows("settings.md") if row[0].strip("`").isupper()}
    variables = {name for name in written if name.startswith("NEOCLOUD_")}
    shown = {name: f"{value:,}" if isinstance(value, int | float) else value for name, value in kept.items()}
    assert {name: written[name] for name in written.keys() - variables} == shown


def test_every_setting_says_what_it_means() -> None:
    body = ast.parse(text_of("src", "neocloud", "settings.py")).body
    for name, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(name, ast.Assign):
            assert isinstance(following, ast.Expr), f"{ast.unparse(name)} has no docstring"


def error_classes() -> dict[str, type[NeocloudError]]:
    """Every class of the tree of errors, by name."""
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, NeocloudError)]
    return {each.__name__: each for each in found}


def test_every_error_is_on_its_page_with_its_exit_code_and_no_other_is() -> None:
    written = {row[0].strip("`"): row[1:3] for row in rows("errors.md") if len(row) == 4 and row[2].isdigit()}
    assert written == {
        each.code: [name, "2" if issubclass(each, Mistaken | Refused) else "1"]
        for name, each in error_classes().items()
    }


def test_every_code_that_a_page_names_exists() -> None:
    codes = {each.code for each in error_classes().values()}
    named = set(
        re.findall(
            r"`((?:input|command|access|service|lease|tenant|fleet|journal|plan)\.[a-z_]+)`",
            text_of("docs", "errors.md"),
        )
    )
    assert named <= codes
    assert named >= {code for code in codes if "." in code}


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn: list[tuple[str, str, str]] = []
    above = {0: "NeocloudError"}
    for branch, name, rest in re.findall(r"^ +((?:│ +)*[├└]── )(\w+) *(.*)$", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        above[depth] = name
        code = re.match(r"[a-z_]+\.[a-z_]+", rest)
        drawn.append((name, above[depth - 1], code[0] if code else ""))
    real = [
        (name, each.__mro__[1].__name__, each.code if "." in each.code else "")
        for name, each in error_classes().items()
        if each is not NeocloudError
    ]
    assert sorted(drawn) == sorted(real)


# ---- commands ----


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_gives_an_example(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    assert pages.summary(command).endswith((".", "?"))
    if can_be_run(command):
        assert any(line.split()[1:] and " ".join(words) in line for line in pages.examples(command))


def can_be_run(command: click.Command) -> bool:
    """Whether a command does something by itself: a group does not, unless it says so."""
    return not isinstance(command, click.Group) or command.invoke_without_command


def parse(line: str) -> None:
    """Parse a command line as click would, without running it."""
    for part in re.split(r" +(?:#|>|\|) ", line)[0].split(" && "):
        _, *arguments = shlex.split(part)
        doors = {words[0] for words in COMMANDS}
        start = next(i for i, argument in enumerate(arguments) if argument in doors)
        neocloud.make_context("neocloud", arguments[: start + 1])
        rest = arguments[start:]
        words = max((words for words in COMMANDS if tuple(rest[: len(words)]) == words), key=len)
        assert can_be_run(COMMANDS[words]), f"{part} ends at a group"
        COMMANDS[words].make_context(" ".join(words), rest[len(words) :])


@pytest.mark.parametrize("words", [w for w, c in COMMANDS.items() if can_be_run(c)], ids=" ".join)
def test_the_examples_of_a_command_can_be_parsed(words: tuple[str, ...]) -> None:
    for line in pages.examples(COMMANDS[words]):
        parse(line)


def test_the_summaries_at_the_door_are_of_commands_that_exist() -> None:
    assert [words[0] for words in COMMANDS if len(words) == 1] == neocloud.list_commands(click.Context(neocloud))


def test_the_pages_that_follow_from_the_program_are_up_to_date() -> None:
    assert pages.COMMANDS_PAGE.read_text("utf-8") == pages.commands_page(), "run: python -m tools.pages"
    assert pages.CAPACITY_PICTURE.read_text("utf-8") == pages.capacity_picture(), "run: python -m tools.pages"


def test_a_picture_of_a_terminal_says_what_was_printed() -> None:
    printed = "\x1b[1mpool a\x1b[0m: <GPUs>\n  10 \x1b[36mA\x1b[0m\x1b[36mA\x1b[0m \x1b[2m.\x1b[0m\n"
    root = ElementTree.fromstring(svg(printed, "a & b"))
    title, _, *drawn = root
    assert title.text == "a & b"
    assert [each.text for each in drawn] == ["pool a", ": <GPUs>", "10", "AA", "."]
    assert [each.get("font-weight") for each in drawn] == ["bold", None, None, None, None]
    assert len({each.get("y") for each in drawn}) == 2
    assert float(drawn[3].get("textLength", 0)) == 2 * float(drawn[4].get("textLength", 0))


# ---- pages ----


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_tells_to_make_and_run_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    text = page.read_text("utf-8")
    assert set(re.findall(r"(?:`|^ {4})make ([a-z]+)", text, re.MULTILINE)) <= targets
    for block in fenced(page):
        if block.language == "sh":
            for line in block.text.split("\n"):
                if line.startswith("neocloud"):
                    parse(line)


SESSIONS = [page for page in PAGES if any(block.language == "console" for block in fenced(page))]


@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: page.name)
def test_the_sessions_of_a_page_print_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.delenv("NEOCLOUD_DATA", raising=False)
    assert replay(page, monkeypatch) >= 3


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("site", "reno"),
        ("pool", "reno-h100"),
        ("delivery", "wave-1"),
        ("outage", "check-1"),
        ("tenant", "acme"),
        ("request", "acme-7"),
        ("forecast", "startups"),
        ("price", "reno-h100:reserved"),
        ("policy", "big-deals"),
    ],
)
def test_what_is_shown_can_be_applied_again(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    replay(DOCS / "manifest.md", monkeypatch)
    code, shown = run(["--data", "desk", kind, "show", name, "--output", "yaml"], monkeypatch)
    assert code == 0
    items = {"delivery": "deliveries", "price": "list_prices", "policy": "policies"}.get(kind, f"{kind}s")
    again = f"{items}:\n  - " + "\n    ".join(shown)
    Path("again.yaml").write_text(again, "utf-8")
    assert run(["--data", "desk", "apply", "-f", "again.yaml"], monkeypatch) == (0, ["nothing to change"])


def test_the_pages_with_sessions_are_those_that_had_some() -> None:
    assert {page.name for page in SESSIONS} >= {"README.md", "errors.md", "manifest.md"}


def test_the_tables_of_the_journal_are_as_its_page_says() -> None:
    written = next(block.text for block in fenced(DOCS / "journal.md") if block.language == "sql")
    assert written.split() == sqlite._SCHEMA.split()


def test_the_entry_that_the_page_of_the_journal_shows_is_one() -> None:
    shown = next(block.text for block in fenced(DOCS / "journal.md") if block.language == "json")
    entry = msgspec.json.decode(shown, type=Entry)
    assert msgspec.json.decode(msgspec.json.encode(entry)) == msgspec.json.decode(shown)


def test_every_decision_has_its_four_parts_and_a_line_in_the_list() -> None:
    listed = text_of("docs", "decisions", "README.md")
    decisions = sorted((DOCS / "decisions").glob("0*.md"))
    assert [path.name[:4] for path in decisions] == [f"{i:04}" for i in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text("utf-8")
        assert f"({path.name})" in listed
        assert text.startswith(f"# {path.name[:4]} ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Refused", "Consequences")), path.name


# ---- words and the house ----


def glossary() -> set[str]:
    """Every word of the glossary."""
    return set(chain.from_iterable(re.split(r", ", row[0]) for row in rows("glossary.md") if row[0] != "word"))


def public_classes(*folders: str) -> dict[str, str]:
    """The public classes of folders, as words, with the file each is in."""
    found: dict[str, str] = {}
    for path in chain.from_iterable((SOURCE / folder).rglob("*.py") for folder in folders):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[re.sub(r"(?<=[a-z])(?=[A-Z])", " ", node.name).lower()] = str(path.relative_to(ROOT))
    return found


def test_every_class_of_ground_nouns_and_rules_has_its_word_in_the_glossary() -> None:
    classes, words = public_classes("timeline", "model", "rules"), glossary()
    assert {name: file for name, file in classes.items() if name not in words} == {}


def test_every_word_of_the_glossary_is_said_in_the_code() -> None:
    code = " ".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    unsaid = {word for word in glossary() if not re.search(re.sub("[ -]", r"[ _-]?", word), code, re.IGNORECASE)}
    assert unsaid == set()


def test_no_word_is_in_the_glossary_twice() -> None:
    words = [row[0] for row in rows("glossary.md") if row[0] != "word"]
    assert len(words) == len(set(words))


def test_the_house_is_drawn_as_import_linter_holds_it() -> None:
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    floors = [re.findall(r"\w+", floor) for floor in contracts[0]["layers"]]
    house = text_of("ARCHITECTURE.md").partition("## The house")[2].partition("Imports go down")[0]
    drawn = [set(re.findall(r"\w+", line)) for line in house.split("\n") if line.strip()]
    assert len(drawn) == len(floors)
    assert all(set(floor) <= line for floor, line in zip(floors, drawn, strict=True))


def test_the_tree_of_the_house_names_every_file() -> None:
    tree = text_of("ARCHITECTURE.md").partition("    src/neocloud/")[2].partition("## How a booking travels")[0]
    stems = {path.stem for path in SOURCE.rglob("*.py") if path.stem != "__init__" and "documents" not in path.parts}
    noted = set(re.findall(r"\w+", tree))
    doors = {path.stem for path in (SOURCE / "cli").glob("*.py")} - {"main"}
    assert stems - noted - doors == set(), "one file for each noun or verb is said of cli; the rest by name"

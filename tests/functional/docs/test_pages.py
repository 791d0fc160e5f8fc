# SPDX-License-Identifier: Apache-2.0
"""What the pages name exists: options, commands and their arguments, files, headings."""

import contextlib
import io
import itertools
import pkgutil
import re
import shlex
from pathlib import Path

import pytest

from ironic_lite.cmd import main as dispatcher
from ironic_lite.common import config_files
from tests.functional.docs import pages

PROSE_OPTION = re.compile(r"`\[(\w+)\] ([a-z][a-z0-9_*]*)`")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
ROOMS = "api|cmd|common|conductor|conf|db|drivers|objects"
CODE = re.compile(rf"(?:(?<=`)|(?<=  ))(?:{ROOMS})(?:\.\w+)+(?=`|$)", re.MULTILINE)


@pytest.fixture(scope="module")
def options() -> config_files.Options:
    """Return all options that a configuration file may have."""
    return config_files.all_options((config_files.KEYSTONE,))


def ids(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", pages.PAGES, ids=ids)
def test_options_in_the_text_exist(page: Path, options: config_files.Options) -> None:
    for group, name in PROSE_OPTION.findall(pages.without_code(page)):
        if "*" not in name:
            assert (group.lower(), name) in options, f"[{group}] {name}"


@pytest.mark.parametrize("page", pages.PAGES, ids=ids)
def test_blocks_of_configuration_are_in_order(
    page: Path, options: config_files.Options, tmp_path: Path
) -> None:
    for number, each in enumerate(pages.blocks("ini", page.name)):
        file = tmp_path / f"{number}.conf"
        file.write_text(each.text)
        written, problems = config_files.parse([str(file)])
        assert not problems
        assert written
        for one in written:
            assert one.key in options, one
            assert config_files.wrong(options[one.key], one) is None


@pytest.mark.parametrize("page", pages.PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(pages.without_code(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_modules_and_names_in_the_architecture_exist() -> None:
    named = set(CODE.findall((pages.ROOT / "docs" / "architecture.md").read_text()))
    assert {"conductor.rpcapi", "api.forms.Form", "api.front"} <= named
    for name in sorted(named):
        pkgutil.resolve_name(f"ironic_lite.{name}")


def test_the_architecture_names_every_part_of_the_conductor() -> None:
    lines = (pages.ROOT / "docs" / "architecture.md").read_text().splitlines()
    table = lines[lines.index("| package or module | what it does |") + 2 :]
    rows = itertools.takewhile(lambda line: line.startswith("|"), table)
    named = [
        name.rstrip("/") for row in rows for name in re.findall(r"`(\w+/?)`", row.split("|")[1])
    ]
    parts = [
        part.name for part in pkgutil.iter_modules([str(pages.ROOT / "ironic_lite" / "conductor")])
    ]
    assert sorted(named) == sorted(parts)


@pytest.mark.parametrize("page", pages.PAGES, ids=ids)
def test_named_files_of_tests_exist(page: Path) -> None:
    for file in re.findall(r"`(tests/[\w/.-]*)(?:::\w+)?`", page.read_text()):
        assert (pages.ROOT / file).exists(), file


def test_every_page_can_be_found_from_the_front_page() -> None:
    found, to_read = set(), [pages.ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        found.add(page)
        links = {link.partition("#")[0] for link in LINK.findall(pages.without_code(page))}
        linked = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        to_read += linked - found
    assert set(pages.PAGES) <= found


def _our_commands() -> list[str]:
    """Every `ironic-lite ...` of the pages, in blocks and in the text."""
    found = {line for _page, line in pages.commands()}
    for page in pages.PAGES:
        found |= set(re.findall(r"`(ironic-lite [^`]+)`", pages.without_code(page)))
    ours = (re.search(r"(?:^|/bin/)ironic-lite (.*)", line) for line in found)
    return sorted({match[1] for match in ours if match})


@pytest.mark.parametrize("words", _our_commands())
def test_our_commands_exist_and_take_these_arguments(words: str) -> None:
    given = shlex.split(words.partition(" >")[0])
    _known, rest = dispatcher.global_options().parse_known_args(given)
    if not rest or rest[0] in ("COMMAND", "--help", "--version"):
        return
    name, *arguments = rest
    assert name in dispatcher.COMMANDS, name
    said = io.StringIO()
    # With --help at the end a parser looks at everything before it, and does nothing.
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        dispatcher.load(name)([*arguments, "--help"])
    assert ended.value.code == 0
    for word in arguments:
        if word.startswith("-"):
            assert word in said.getvalue(), f"{name} {word}"

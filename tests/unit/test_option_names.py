# SPDX-License-Identifier: Apache-2.0
"""Every option that the code reads exists, so a rename that misses a place fails here."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import ironic_lite
from ironic_lite.common import config_files
from ironic_lite.conf import CONF, nova

ROOT = Path(ironic_lite.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent.name != "conf")
OF_THE_LIBRARY = {("default", "config_file"), ("default", "config_dir")}


@functools.cache
def known() -> set[tuple[str, str]]:
    """Return ``{(group in lower case, option)}``, those of the libraries included."""
    return {*config_files.all_options([nova.GROUP]), *OF_THE_LIBRARY}


def options_read(code: str) -> Iterator[tuple[str, str]]:
    """Yield ``(group, option)`` of ``CONF.group.option``, and of ``name.option`` after ``name = CONF.group``."""
    tree, groups = ast.parse(code), {group for group, _option in known()}
    aliases = {
        target.id: each.value.attr
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Attribute)
        and _is_conf(each.value.value)
        and each.value.attr in groups
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    for each in ast.walk(tree):
        if not isinstance(each, ast.Attribute):
            continue
        holder = each.value
        if isinstance(holder, ast.Attribute) and _is_conf(holder.value) and holder.attr in groups:
            yield holder.attr, each.attr
        elif isinstance(holder, ast.Name) and holder.id in aliases:
            yield aliases[holder.id], each.attr
        elif _is_conf(holder) and each.attr not in groups and not hasattr(type(CONF), each.attr):
            yield "default", each.attr


def _is_conf(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "CONF"


def test_options_that_are_read_exist() -> None:
    read = {
        (str(path.relative_to(ROOT)), option)
        for path in FILES
        for option in options_read(path.read_text())
    }
    assert len(read) > 200
    assert {(place, option) for place, option in read if option not in known()} == set()


def test_all_ways_of_reading_an_option_are_seen() -> None:
    code = (
        "def f():\n    options = CONF.conductor\n    return options.one, CONF.api.two, CONF.three\n"
    )
    assert set(options_read(code)) == {("conductor", "one"), ("api", "two"), ("default", "three")}

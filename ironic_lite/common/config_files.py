# SPDX-License-Identifier: Apache-2.0
"""Checks configuration files against the known options; each problem is one message."""

import dataclasses
import difflib
import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Sequence, Set
from importlib import metadata
from pathlib import Path
from typing import Any

from oslo_config import cfg, types

from ironic_lite.common import notification_drivers
from ironic_lite.conf import CONF, kinds
from ironic_lite.conf.opts import OTHER_SERVICES, list_opts

# Libraries whose options our files may have.
_LISTS = "oslo.config.opts"
_LOGGING = "oslo.log"
_LIBRARIES = {
    _LOGGING,
    "oslo.messaging",
    "oslo.policy",
    "oslo.middleware",
    "keystonemiddleware.auth_token",
}

KEYSTONE = "keystone_authtoken"
_LOGGING_IN = (KEYSTONE, *OTHER_SERVICES)
_URLS = ("_url", "_uri", "endpoint_override", "endpoint")

Options = dict[tuple[str, str], Any]
"""``{(group in lower case, name): option}``."""


@dataclasses.dataclass(frozen=True)
class Written:
    """One option in a file, with several values if the file sets it more than once."""

    file: str
    group: str
    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: [{self.group}] {self.name}"

    @property
    def key(self) -> tuple[str, str]:
        return self.group.lower(), self.name


def parse(files: Iterable[str]) -> tuple[list[Written], list[str]]:
    """Return the options in the files, and a message for each file that cannot be read."""
    written: list[Written] = []
    problems: list[str] = []
    for file in files:
        sections: dict[str, dict[str, list[str]]] = {}
        try:
            cfg.ConfigParser(file, sections).parse()
        except cfg.ParseError as exc:
            line = f": '{exc.line.strip()}'" if exc.line else ""
            problems.append(f"{file}, line {exc.lineno}: {exc.msg}{line}")
        except UnicodeDecodeError:
            problems.append(f"{file}: the file is not UTF-8 text.")
        except OSError as exc:
            problems.append(f"{file}: the file cannot be read ({exc.strerror}).")
        for group, options in sections.items():
            for option, values in options.items():
                written.append(Written(file, group, option.replace("-", "_"), tuple(values)))
    return written, problems


def in_directories(directories: Sequence[str]) -> list[str]:
    """Return the files of configuration directories; later ones take precedence."""
    return [str(path) for each in directories for path in sorted(Path(each).glob("*.conf"))]


def in_environment() -> list[Written]:
    """Return options of the environment (``OS_GROUP__OPTION``), which take precedence over files."""
    found = []
    for variable, value in os.environ.items():
        group, divided, name = variable.removeprefix("OS_").partition("__")
        if divided and variable.startswith("OS_"):
            group = "DEFAULT" if group == "DEFAULT" else group.lower()
            found.append(Written("the environment", group, name.lower(), (value,)))
    return found


def wrong_at_once(written: Sequence[Written]) -> list[str]:
    """Return wrong values of the logging options, which would end the process when the files are read."""
    known = _options(_listed_by(metadata.distribution(_LOGGING).entry_points, {_LOGGING}))
    return [
        f"{each}: {reason}"
        for each in written
        if (option := known.get(each.key)) and (reason := wrong(option, each))
    ]


def load_notification_drivers(written: Sequence[Written]) -> list[str]:
    """Import the configured notification drivers, to register their options; return a message for each problem."""
    key = ("oslo_messaging_notifications", "driver")
    return notification_drivers.load(
        name.strip()
        for each in written
        if each.key == key
        for value in each.values
        for name in value.split(",")
    )


def unknown(written: Sequence[Written]) -> list[str]:
    """Return a message for each unknown option or group, with the most similar known name."""
    suspects = [each for each in written if not _is_registered(each)]
    if not suspects:
        return []
    known = all_options(
        section for section in _LOGGING_IN if any(each.group == section for each in suspects)
    )
    groups = {group for group, _name in known}
    problems: list[str] = []
    for each in suspects:
        group = each.group.lower()
        if each.key in known:
            continue
        if group in groups:
            siblings = [name for of, name in known if of == group]
            meant = _elsewhere(each.name, known) or _meant(each.name, siblings, "{}")
            problems.append(f"{each}: there is no such option. {meant}")
        else:
            meant = _elsewhere(each.name, known) or _meant(group, groups, "[{}]")
            problems.append(
                f"{each.file}: there is no group [{each.group}], where {each.name} stands. {meant}"
            )
    return problems


def _is_registered(each: Written) -> bool:
    if each.group == "DEFAULT":
        return each.name in CONF
    return each.group in CONF and each.name in CONF[each.group]


def _elsewhere(name: str, known: Options) -> str | None:
    """Say which group has an option of this name."""
    groups = sorted({group for group, option in known if option == name})
    if not groups or len(groups) > 3:
        return None
    return f"There is one in {' and '.join(f'[{_spelled(group)}]' for group in groups)}."


def _meant(name: str, candidates: Iterable[str], form: str) -> str:
    near = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.7)
    if near:
        return f"Did you mean {form.format(_spelled(near[0]))}?"
    return "The sample configuration lists all options."


def _spelled(group: str) -> str:
    return "DEFAULT" if group == "default" else group


def wrong_values(written: Sequence[Written]) -> list[str]:
    """Return a message for each invalid value. The files have been read into ``CONF``."""
    problems = []
    # If an option is set in several places, the last one counts.
    for each in {(each.group, each.name): each for each in written}.values():
        if not _is_registered(each):
            continue
        try:
            _ = CONF[each.name] if each.group == "DEFAULT" else CONF[each.group][each.name]
        except (cfg.Error, ValueError) as exc:
            option = all_options().get(each.key)
            reason = (option and wrong(option, each)) or _not_filled_in(each, exc)
            problems.append(f"{each}: {reason or ' '.join(str(exc).split())}")
    return problems


def wrong_urls(written: Sequence[Written]) -> list[str]:
    """Return a message for each URL option of a library with a wrong value; our own options check themselves."""
    problems = []
    for each in {(each.group, each.name): each for each in written}.values():
        problem = _wrong_url(each)
        if problem:
            problems.append(f"{each}: {problem}.")
    return problems


def _wrong_url(written: Written) -> str | None:
    value = written.values[-1]
    if written.key == ("oslo_messaging_notifications", "transport_url"):
        scheme, divided, rest = value.partition("://")
        if scheme and divided and rest:
            return None
        return "this value is not valid; write a URL such as rabbit://USER:PASSWORD@HOST:PORT/"
    if not written.name.endswith(_URLS) or written.name == "transport_url":
        return None
    if _is_registered(written) and not isinstance(all_options()[written.key].type, types.String):
        return None
    try:
        kinds.WebAddress()(value)
    except ValueError as exc:
        return f"'{value}' is not valid; {exc}"
    return None


def _not_filled_in(written: Written, failure: Exception) -> str | None:
    if "$" in written.values[-1] and isinstance(failure, cfg.NoSuchOptError):
        return f"'${failure.opt_name}' refers to another option, which does not exist; write '$$' for a dollar sign."
    return None


def wrong(option: Any, written: Written) -> str | None:
    """Say why the option refuses this value; None when it does not, or when the value refers to another option."""
    value = written.values[-1]
    if "$" in value:
        return None
    try:
        option.type(value)
    except ValueError as exc:
        shown = "this value" if option.secret else f"'{value}'"
        return f"{shown} is not valid; {_wanted(option.type, exc)}."
    return None


def _wanted(kind: types.ConfigType, failure: ValueError) -> str:
    choices = getattr(kind, "choices", None)
    if choices:
        return f"use one of {', '.join(map(str, choices))}"
    match kind:
        case types.List():
            return f"{_wanted(kind.item_type, failure)}; separate several by commas"
        case types.Dict():
            return f"write NAME:VALUE, and as the value {_wanted(kind.value_type, failure)}"
        case types.Boolean():
            return "use true or false"
        case types.Number():
            return f"use a {'whole ' if kind.num_type is int else ''}number{_range(kind)}"
        case types.HostAddress() | types.IPAddress():
            return "use an IP address or the name of a host"
    return " ".join(str(failure).split()).rstrip(".")


def _range(kind: types.Number) -> str:
    if kind.min is not None and kind.max is not None:
        return f" from {kind.min:g} to {kind.max:g}"
    if kind.min is not None:
        return f", {kind.min:g} or more"
    return "" if kind.max is None else f", {kind.max:g} or less"


def _options(listed: Iterable[tuple[Any, Iterable[Any]]]) -> Options:
    return {
        (str(getattr(group, "name", group) or "DEFAULT").lower(), option.dest): option
        for group, options in listed
        for option in options
    }


def _listed_by(entry_points: Iterable[metadata.EntryPoint], libraries: Set[str]) -> Iterator[Any]:
    for entry_point in entry_points:
        if entry_point.group == _LISTS and entry_point.name in libraries:
            yield from entry_point.load()()


def all_options(logging_in: Iterable[str] = ()) -> Options:
    """Return all options that a configuration file may have: ours, those of libraries, and Keystone credentials.

    :param logging_in: groups that have Keystone credentials.
    """
    found = {
        **_options(_listed_by(metadata.entry_points(group=_LISTS), _LIBRARIES)),
        **_options(list_opts()),
    }
    for section in logging_in:
        found.update(_keystone_credentials(section))
    return found


def _keystone_credentials(group: str) -> Options:
    """Return the options of all Keystone authentication types; ``auth_type`` decides which of them apply."""
    # Imported here because it takes a tenth of a second, and few need it.
    from keystoneauth1 import loading

    loading.register_auth_conf_options(CONF, group)
    section = CONF[group].auth_section or group
    stevedore = logging.getLogger("stevedore")
    # Ignore authentication types whose libraries are not installed.
    level = stevedore.level
    stevedore.setLevel(logging.CRITICAL)
    try:
        plugins: Iterable[Any] = loading.get_available_plugin_loaders().values()
        options = itertools.chain.from_iterable(plugin.get_options() for plugin in plugins)
        return {(section.lower(), option.dest): option for option in options}
    finally:
        stevedore.setLevel(level)

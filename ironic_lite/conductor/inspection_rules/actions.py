# SPDX-License-Identifier: Apache-2.0
"""The actions of inspection rules."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import exception, outbound
from ironic_lite.common import inspection_rules as language
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.inspection_rules import conditions, paths
from ironic_lite.conductor.inspection_rules.places import Origins, Place
from ironic_lite.conductor.inspection_rules.references import Scope
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers import capabilities
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port

LOG = log.getLogger(__name__)

_CUSTOM_TRAIT = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,255}")
_GROUP = re.compile(r"[A-Za-z0-9_.-]{0,255}")
_MAX_TEXT = 255
_LONGEST_PAUSE = 60.0

Arguments = dict[str, Any]


class Actions:
    """The actions of one inspection. They take effect together: in :meth:`record`, and when the node is saved."""

    def __init__(self, task: TaskManager, plugin_data: dict[str, Any]):
        self._task = task
        self._node = task.node
        self._plugin_data = plugin_data
        self._traits = set(task.node.traits)
        self._driver = task.node.driver
        self._ports: dict[str, Port] = {}
        self.origins = Origins()

    def run(self, action: Mapping[str, Any], scope: Scope, place: Place) -> None:
        """Run an action, once for each item of its loop.

        :param place: the position of the action, for the log and for errors at save time.
        :raises ValueError, TypeError, IronicLiteError: when the action fails.
        """
        self._place = place
        scopes = [scope]
        if "loop" in action:
            scopes = [scope.with_item(item) for item in conditions.rounds_of(action["loop"])]
        work = _ACTIONS[action["op"]]
        for each in scopes:
            work(self, each.fill(language.named_arguments(action, language.ACTIONS)))

    def record(self) -> None:
        """Check the changes, and save those of traits and ports.

        :raises HardwareInspectionFailure: when the node with its changes is not valid.
        """
        driving = self._node.obj_what_changed() & (
            {"driver", *(f"{kind}_interface" for kind in language.INTERFACE_TYPES)}
        )
        if driving:
            self._check_driver(driving)
        for port in self._ports.values():
            with self.origins.named(port.uuid, port.obj_what_changed()):
                port.save()
        if self._traits != set(self._node.traits):
            with self.origins.named(self._node.uuid, ["traits"]):
                self._node.set_traits(sorted(self._traits))

    def _check_driver(self, changed: set[str]) -> None:
        with self.origins.named(self._node.uuid, changed):
            before = self._node.obj_what_changed()
            current().drivers.check_node(self._node, reset=self._node.driver != self._driver)
            reset = self._node.obj_what_changed() - before
            self.origins.follow(self._node.uuid, reset, cause="driver")

    # -- actions that change nothing ------------------------------------------------------------------------------

    def _fail(self, args: Arguments) -> None:
        raise exception.HardwareInspectionFailure(str(args["msg"]))

    def _log(self, args: Arguments) -> None:
        level = str(args.get("level", "info")).lower()
        if level not in language.LOG_LEVELS:
            raise ValueError(f"'{level}' is not one of {', '.join(language.LOG_LEVELS)}")
        text = "(sensitive)" if self._place.sensitive else str(args["msg"])
        getattr(LOG, level)(
            "Node %s: inspection rule %s says: %s", self._node.uuid, self._place.rule, text
        )

    def _api_call(self, args: Arguments) -> None:
        retries, pause = int(args.get("retries", 3)), float(args.get("backoff_factor", 0.3))
        for attempt in range(retries + 1):
            try:
                status = outbound.call(
                    args["url"],
                    "the URL",
                    headers=args.get("headers"),
                    proxies=args.get("proxies"),
                    timeout=float(args.get("timeout", 5)),
                )
            except outbound.OutboundError as exc:
                problem = str(exc)
            else:
                if status < 400:
                    return
                problem = f"the answer has status {status}"
            if attempt < retries:
                time.sleep(min(pause * 2**attempt, _LONGEST_PAUSE))
        raise ValueError(problem)

    # -- attributes of the node and of its ports ------------------------------------------------------------------

    def _set_attribute(self, args: Arguments) -> None:
        record, attribute, way = self._place_of(args)
        self._set(record, attribute, paths.put(getattr(record, attribute), way, args["value"]))

    def _extend_attribute(self, args: Arguments) -> None:
        record, attribute, way = self._place_of(args)
        before = getattr(record, attribute)
        self._set(record, attribute, paths.extend(before, way, args["value"], _unique(args)))

    def _del_attribute(self, args: Arguments) -> None:
        record, attribute, way = self._place_of(args)
        if way:
            self._set(record, attribute, paths.remove(getattr(record, attribute), way))
        elif attribute in _kind_of(record).dictionaries:
            self._set(record, attribute, {})
        elif attribute in _NEEDED:
            raise ValueError(f"'{attribute}' of a {_kind_of(record).name} cannot be deleted")
        else:
            self._put(record, attribute, None)

    def _place_of(self, args: Arguments) -> tuple[Node | Port, str, list[str]]:
        """Return the record, its attribute, and the path inside it. Only actions on ports have ``port_id``."""
        record = self._port(args) if "port_id" in args else self._node
        kind = _kind_of(record)
        attribute, *way = _way(args)
        if attribute not in kind.attributes:
            raise ValueError(f"rules cannot change the attribute '{attribute[:_MAX_TEXT]}'")
        if way and attribute not in kind.dictionaries:
            raise ValueError(f"the path leads into '{attribute}', which is not an object")
        return record, attribute, way

    def _port(self, args: Arguments) -> Port:
        wanted = str(args["port_id"]).lower()
        if not self._ports:
            found = Port.list_by_node_id(self._task.context, self._node.id)
            self._ports = {port.uuid: port for port in found}
        for port in self._ports.values():
            if wanted in (port.uuid, port.address):
                return port
        raise ValueError(f"the node has no port '{wanted[:_MAX_TEXT]}'")

    def _set(self, record: Node | Port, attribute: str, value: Any) -> None:
        _check_kind(attribute, value, _kind_of(record).dictionaries)
        if record is self._node:
            _check_text(attribute, value)
        self._put(record, attribute, value)

    def _put(self, record: Node | Port, attribute: str, value: Any) -> None:
        setattr(record, attribute, value)
        self.origins.note(record.uuid, attribute, self._place)

    # -- capabilities and traits ----------------------------------------------------------------------------------

    def _change_capability(self, args: Arguments) -> None:
        # Only unset-capability has no value.
        value = str(args["value"]) if "value" in args else None
        capabilities.change(self._node, {str(args["name"]): value})
        self.origins.note(self._node.uuid, "properties", self._place)

    def _add_trait(self, args: Arguments) -> None:
        name = str(args["name"])
        if not _CUSTOM_TRAIT.fullmatch(name) and not _is_standard(name):
            raise ValueError(f"'{name[:_MAX_TEXT]}' is not a valid trait")
        self._traits.add(name)
        self.origins.note(self._node.uuid, "traits", self._place)

    def _remove_trait(self, args: Arguments) -> None:
        self._traits.discard(str(args["name"]))
        self.origins.note(self._node.uuid, "traits", self._place)

    # -- the plugin data -----------------------------------------------------------------------------------------

    def _set_plugin_data(self, args: Arguments) -> None:
        self._replace_plugin_data(paths.put(self._plugin_data, _way(args), args["value"]))

    def _extend_plugin_data(self, args: Arguments) -> None:
        changed = paths.extend(self._plugin_data, _way(args), args["value"], _unique(args))
        self._replace_plugin_data(changed)

    def _unset_plugin_data(self, args: Arguments) -> None:
        self._replace_plugin_data(paths.remove(self._plugin_data, _way(args)))

    def _replace_plugin_data(self, changed: dict[str, Any]) -> None:
        kept = dict(changed)
        self._plugin_data.clear()
        self._plugin_data.update(kept)


def _is_standard(trait: str) -> bool:
    # Imported here because it loads a hundred modules that only rules about traits need.
    import os_traits

    return trait in os_traits.get_traits()


def _kind_of(record: Node | Port) -> language.Changeable:
    return language.NODE if isinstance(record, Node) else language.PORT


def _way(args: Arguments) -> list[str]:
    way = language.attribute_path(args["path"])
    if not way:
        raise ValueError("'path' is not a path such as /extra/key")
    return way


def _unique(args: Arguments) -> bool:
    value = args.get("unique", False)
    return value is True or str(value).lower() == "true"


def _check_kind(attribute: str, value: Any, dictionaries: frozenset[str]) -> None:
    if (attribute in dictionaries) is not isinstance(value, dict):
        raise ValueError(f"'{attribute}' cannot be a {type(value).__name__}")
    if isinstance(value, list):
        raise ValueError(f"'{attribute}' cannot be a list")
    if isinstance(value, str) and len(value) > _MAX_TEXT and attribute != "description":
        raise ValueError(f"'{attribute}' cannot be longer than {_MAX_TEXT} characters")


def _check_text(attribute: str, value: Any) -> None:
    check = _NODE_CHECKS.get(attribute)
    if check is not None and not check.fullmatch(str(value)):
        raise ValueError(f"'{value!s:.64}' is not a valid {attribute} of a node")
    if attribute == "name" and uuidutils.is_uuid_like(value):
        raise ValueError("the name of a node must not be a UUID")


_NEEDED = frozenset(
    {"driver", "conductor_group", "disable_power_off", "retired", "pxe_enabled", "is_smartnic"}
)
_NODE_CHECKS = {"name": _NAME, "conductor_group": _GROUP}

_ACTIONS: dict[str, Callable[[Actions, Arguments], None]] = {
    "fail": Actions._fail,
    "log": Actions._log,
    "api-call": Actions._api_call,
    "set-attribute": Actions._set_attribute,
    "extend-attribute": Actions._extend_attribute,
    "del-attribute": Actions._del_attribute,
    "set-capability": Actions._change_capability,
    "unset-capability": Actions._change_capability,
    "add-trait": Actions._add_trait,
    "remove-trait": Actions._remove_trait,
    "set-plugin-data": Actions._set_plugin_data,
    "extend-plugin-data": Actions._extend_plugin_data,
    "unset-plugin-data": Actions._unset_plugin_data,
    "set-port-attribute": Actions._set_attribute,
    "extend-port-attribute": Actions._extend_attribute,
    "del-port-attribute": Actions._del_attribute,
}

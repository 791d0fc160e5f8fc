# SPDX-License-Identifier: Apache-2.0
"""Which rule, condition or action caused an error, including errors that appear only when changes are saved."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator

from ironic_lite.common import exception, redaction

_MAX_TEXT = 1000
_MOST_NAMED = 5

# Fields that the conductor itself changes during an inspection.
_OWN = frozenset({"driver_internal_info"})


@dataclasses.dataclass(frozen=True)
class Place:
    """A condition or an action of a rule.

    :param rule: the rule's name.
    :param kind: ``condition`` or ``action``.
    """

    rule: str
    sensitive: bool
    kind: str
    number: int
    op: str

    def __str__(self) -> str:
        return f"inspection rule {self.rule}, {self.kind} {self.number} ({self.op})"

    def failure(self, exc: Exception) -> exception.HardwareInspectionFailure:
        """Return the error that fails the inspection, for an error in this condition or action."""
        if self.sensitive:
            return exception.HardwareInspectionFailure(
                f"{self}: it failed; the rule is sensitive, so the cause is not shown"
            )
        return exception.HardwareInspectionFailure(f"{self}: {_message(exc)}")


class Origins:
    """Which actions changed which attributes.

    Records are identified by UUID. An attribute that no action changed was changed by a hook.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], list[Place]] = {}

    def note(self, record: str, attribute: str, place: Place) -> None:
        """Note that an action has changed an attribute."""
        places = self._places.setdefault((record, attribute), [])
        if place not in places:
            places.append(place)

    def follow(self, record: str, attributes: Iterable[str], cause: str) -> None:
        """Note that attributes have changed as a consequence of the attribute ``cause``."""
        for attribute in attributes:
            for place in self._places.get((record, cause), []):
                self.note(record, attribute, place)

    @contextlib.contextmanager
    def named(self, record: str, attributes: Iterable[str]) -> Iterator[None]:
        """Add to errors within the block, which saves these attributes, which actions changed them.

        :raises HardwareInspectionFailure: instead of errors that the values of the attributes cause.
        """
        try:
            yield
        except (exception.WorkCutOff, exception.DatabaseError):
            raise
        except exception.IronicLiteError as exc:
            changed = sorted(set(attributes) - _OWN)
            if not changed:
                raise
            raise self._failure(record, changed, exc) from exc

    def _failure(
        self, record: str, changed: list[str], exc: Exception
    ) -> exception.HardwareInspectionFailure:
        places = {name: self._places.get((record, name), []) for name in changed}
        involved = list(dict.fromkeys(place for each in places.values() for place in each))
        if any(place.sensitive for place in involved):
            return exception.HardwareInspectionFailure(
                f"the changes of the rules cannot be saved ({_listed(involved)}); "
                "one of the rules is sensitive, so the cause is not shown"
            )
        whose = "; ".join(f"{name} by {_listed(each)}" for name, each in places.items())
        return exception.HardwareInspectionFailure(
            f"the changes of the rules cannot be saved ({whose}): {_message(exc)}"
        )


def _listed(places: list[Place]) -> str:
    if not places:
        return "hooks"
    more = len(places) - _MOST_NAMED
    named = " and ".join(map(str, places[:_MOST_NAMED]))
    return f"{named} and {more} more" if more > 0 else named


def _message(exc: Exception) -> str:
    text = exc.message if isinstance(exc, exception.IronicLiteError) else str(exc)
    return redaction.mask_text(text[:_MAX_TEXT])

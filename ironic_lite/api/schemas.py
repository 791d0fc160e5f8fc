# SPDX-License-Identifier: Apache-2.0
"""Bodies that are not a resource's, declared as JSON schemas. The error messages are in the form of Ironic's."""

import functools
import re
from typing import Any

from ironic_lite.api import types
from ironic_lite.common import exception

_SHOWN = 256


@functools.cache
def _formats() -> Any:
    import jsonschema

    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uuid")(lambda value: not isinstance(value, str) or types.is_uuid(value))
    formats.checks("mac-address")(lambda value: not isinstance(value, str) or types.is_mac(value))
    return formats


class Body:
    """The JSON schema of a body.

    :param what: its name in messages such as ``Schema error for vmedia: ...``; None: messages have no name.
    :param form: the schema; ``format`` may be ``uuid`` or ``mac-address``.
    """

    def __init__(self, what: str | None, form: dict[str, Any]):
        self._prefix = f"Schema error for {what}: " if what else "Schema error: "
        self.form = form

    @functools.cached_property
    def _validator(self) -> Any:
        # Imported late, because the library takes start-up time and memory, and few requests have such bodies.
        import jsonschema

        return jsonschema.Draft202012Validator(self.form, format_checker=_formats())

    def check(self, document: Any) -> Any:
        """Return the document, checked against the schema.

        :raises InvalidParameterValue: it is invalid; the message has the place and the problem.
        """
        from jsonschema import exceptions

        problem = exceptions.best_match(self._validator.iter_errors(document))
        if problem is None:
            return document
        text = re.sub(r"\s+", " ", problem.message)
        if len(text) > _SHOWN:
            text = text[:_SHOWN] + "..."
        place = ".".join(str(part) for part in problem.absolute_path)
        raise exception.InvalidParameterValue(
            f"{self._prefix}{text}" + (f" (in {place})" if place else "")
        )

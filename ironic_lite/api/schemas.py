# SPDX-License-Identifier: Apache-2.0
"""Bodies that are no resource, declared as JSON schemas. What is wrong is told in the words of Ironic's clients."""

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
    """The form of a body.

    :param what: what messages call it: ``Schema error for vmedia: ...``; None where they name nothing.
    :param form: a JSON schema; ``format`` may be ``uuid`` and ``mac-address``.
    """

    def __init__(self, what: str | None, form: dict[str, Any]):
        self._prefix = f"Schema error for {what}: " if what else "Schema error: "
        self.form = form

    @functools.cached_property
    def _validator(self) -> Any:
        # Late: the library costs start-up time and memory that only those who send such bodies should pay.
        import jsonschema

        return jsonschema.Draft202012Validator(self.form, format_checker=_formats())

    def check(self, document: Any) -> Any:
        """The document, when it has this form.

        :raises InvalidParameterValue: naming what is wrong, and where.
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

# SPDX-License-Identifier: Apache-2.0
"""Content handlers of the stories, in addition to gabbi's.

``response_fault: {faultstring: TEXT}``: the body is an error of the API (JSON inside JSON) whose text holds TEXT.
``response_refusal: {code: 404}``: the same for errors of routing and versions.
"""

import json
from typing import Any

from gabbi.handlers import base


class _ErrorHandler(base.ResponseHandler):
    test_key_value: dict[str, str] = {}
    keys: frozenset[str]

    def action(self, test: Any, item: str, value: Any = None) -> None:
        outer = json.loads(test.output)
        test.assertEqual({"error_message"}, set(outer))
        inner = json.loads(outer["error_message"])
        test.assertEqual(self.keys, set(inner))
        test.assertIn(test.replace_template(str(value)), str(inner[item]))


class FaultHandler(_ErrorHandler):
    """Errors of the API."""

    test_key_suffix = "fault"
    keys = frozenset({"faultcode", "faultstring", "debuginfo"})


class RefusalHandler(_ErrorHandler):
    """Errors of routing and versions."""

    test_key_suffix = "refusal"
    keys = frozenset({"code", "title", "description"})

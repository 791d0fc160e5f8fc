# SPDX-License-Identifier: Apache-2.0
"""oslo.policy's enforcer with our rules. Importing it takes a tenth of the start, so it is imported only when a rule
is checked."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from oslo_policy import policy

from ironic_lite.common import policies
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

CHECK_FILE_SECONDS = 1.0
_ELSEWHERE = re.compile(r"\b(https?|opa):")


class Enforcer(policy.Enforcer):
    """Checks the policy file for changes once per second, not for each decision.

    :param changed: called when the rules have changed.
    """

    asks_elsewhere = False
    """Another service decides some rule, so decisions may change while the rules do not."""

    _looked_at = float("-inf")

    def __init__(self, changed: Callable[[], None]):
        self._changed = changed
        super().__init__(CONF)
        self.register_defaults(list(policies.list_rules()))

    def load_rules(self, force_reload: bool = False) -> None:
        now = time.monotonic()
        if now - self._looked_at < CHECK_FILE_SECONDS and not force_reload:
            return
        first = not self.rules
        self._looked_at = now
        try:
            super().load_rules(force_reload)
        except (ValueError, OSError) as exc:
            if first:
                raise
            LOG.error("The present policy is kept: %s", exc)

    def require(self) -> None:
        """Read the policy file for the first time.

        :raises ValueError, OSError: it is not YAML, or has rules that refer to each other in a circle or to a missing
            rule.
        """
        self.load_rules()
        try:
            self.check_rules(raise_on_violation=True)
        except policy.InvalidDefinitionError as exc:
            raise ValueError(str(exc)) from None

    def set_rules(self, *args: Any, **kwargs: Any) -> None:
        super().set_rules(*args, **kwargs)
        self.asks_elsewhere = any(_ELSEWHERE.search(str(rule)) for rule in self.rules.values())
        self._changed()

# SPDX-License-Identifier: Apache-2.0
"""Objects with traits: nodes and runbooks."""

from collections.abc import Iterable
from typing import ClassVar

from ironic_lite.db import traits
from ironic_lite.objects import base

MAX_TRAITS = traits.MAX_TRAITS


class Traited(base.IronicLiteObject):
    """Adds the methods that write ``traits``, a sorted list that ``save`` does not write.

    Each method writes at once, and saves nothing else of the object.
    """

    TRAITS: ClassVar[traits.Traits]

    _token: str | None = None

    id: int

    @base.remotable
    def set_traits(self, traits: Iterable[str]) -> None:
        """Replace all traits.

        :raises InvalidParameterValue: when there are more than ``MAX_TRAITS``.
        :raises NotFound: when the record was deleted. ``NodeLockLost`` when a fenced node has lost its lock.
        """
        self._load({"traits": self.TRAITS.replace(self.id, traits, self._token)})

    @base.remotable
    def add_trait(self, trait: str) -> None:
        """Add a trait, unless it is there already. Raises as ``set_traits`` does."""
        self._load({"traits": self.TRAITS.add(self.id, trait, self._token)})

    @base.remotable
    def remove_trait(self, trait: str) -> None:
        """Remove a trait. Raises as ``set_traits`` does.

        :raises NodeTraitNotFound, RunbookTraitNotFound: when it is not there.
        """
        self._load({"traits": self.TRAITS.remove(self.id, trait, self._token)})

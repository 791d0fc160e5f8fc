# SPDX-License-Identifier: Apache-2.0
"""Objects with traits: nodes and runbooks."""

from collections.abc import Iterable
from typing import ClassVar

from ironic_lite.db import traits
from ironic_lite.objects import base

MAX_TRAITS = traits.MAX_TRAITS


class Traited(base.IronicLiteObject):
    """Brings the methods that write ``traits``, a sorted list that ``save`` does not touch.

    Each writes at once, and needs nothing else of the object to be saved.
    """

    TRAITS: ClassVar[traits.Traits]

    _token: str | None = None

    id: int

    @base.remotable
    def set_traits(self, traits: Iterable[str]) -> None:
        """Have exactly these traits.

        :raises InvalidParameterValue: when they are more than ``MAX_TRAITS``.
        :raises NotFound: when the object's record is gone. ``NodeLockLost`` for a fenced node.
        """
        self._load({"traits": self.TRAITS.replace(self.id, traits, self._token)})

    @base.remotable
    def add_trait(self, trait: str) -> None:
        """Have one more trait, unless it is there already. Raises as ``set_traits`` does."""
        self._load({"traits": self.TRAITS.add(self.id, trait, self._token)})

    @base.remotable
    def remove_trait(self, trait: str) -> None:
        """Have one trait less. Raises as ``set_traits`` does.

        :raises NodeTraitNotFound: ``RunbookTraitNotFound``, when it is not there.
        """
        self._load({"traits": self.TRAITS.remove(self.id, trait, self._token)})

# SPDX-License-Identifier: Apache-2.0
"""The wrapping key: it encrypts the data keys, and is not in the database.

New data keys are wrapped by what ``[encryption] key_provider`` says. Every row says what it was wrapped by, so those of
a former key are read for as long as that key can be found: in a further line of the key file, or in a file that is
still there though Vault has taken over.
"""

from collections.abc import Callable, Iterator
from types import ModuleType

from oslo_utils import uuidutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.conf import encryption as options
from ironic_lite.db.encryption import cipher
from ironic_lite.db.encryption.wrapping import local


def wrap(data_key: bytes, uuid: str) -> tuple[str, str]:
    """Wrap a new data key.

    :param uuid: of the data key; it can be unwrapped for this one alone.
    :returns: the name of the wrapping key, and the wrapped key.
    :raises EncryptionKeyMissing, ConfigInvalid:
    """
    if CONF.encryption.key_provider == options.VAULT:
        wrapped: tuple[str, str] = _vault().wrap(data_key, uuid)
        return wrapped
    key = local.read_keys()[0]
    return key.name, key.wrap(data_key, uuid)


def unwrap(wrapped_by: str, wrapped: str, uuid: str) -> bytes:
    """The data key.

    :raises EncryptionKeyMissing: the wrapping key is not there, or another one.
    :raises KeyServiceUnavailable: Vault has it, and does not answer.
    :raises ConfigInvalid: it cannot be read.
    """
    if wrapped_by.startswith("vault:"):
        plain: bytes = _vault().unwrap(wrapped_by, wrapped, uuid)
        return plain
    keys = local.read_keys(required=wrapped_by)
    for key in keys:
        if key.name == wrapped_by:
            return key.unwrap(wrapped, uuid)
    held = ", ".join(key.name.partition(":")[2] for key in keys)
    raise exception.EncryptionKeyMissing(
        problem=f"The secrets in the database are encrypted with key {wrapped_by.partition(':')[2]}; "
        f"{local.place()} has {held}. {local.REMEDY}"
    )


def new(data_key: bytes, uuid: str) -> Callable[[], tuple[str, str]]:
    """What wraps a new data key, and makes the key file first where there is to be one and is none.

    To be called once it is certain that nobody else makes one. Vault is asked before, as that may take long.
    """
    if CONF.encryption.key_provider != options.FILE:
        wrapped = wrap(data_key, uuid)
        return lambda: wrapped

    def with_file() -> tuple[str, str]:
        local.make_if_missing()
        return wrap(data_key, uuid)

    return with_file


def check_first() -> None:
    """Whether the first data key could be wrapped; nothing is made.

    :raises EncryptionKeyMissing, KeyServiceUnavailable, ConfigInvalid: it could not.
    """
    if CONF.encryption.key_provider == options.FILE and not local.path().exists():
        local.check_that_it_can_be_made()
    else:
        wrap(cipher.new_key(), uuidutils.generate_uuid())


def name() -> str:
    """The name of the key that new data keys are wrapped by. Raises as :func:`wrap` does."""
    if CONF.encryption.key_provider == options.VAULT:
        return str(_vault().name())
    return local.read_keys()[0].name


def problems() -> Iterator[str]:
    """What is wrong with the options and with what they name, as far as can be seen without the database."""
    try:
        if CONF.encryption.key_provider == options.VAULT:
            _vault().check_options()
        elif local.path().exists() or CONF.encryption.key_provider == options.SYSTEMD:
            local.read_keys()
    except exception.EncryptionKeyMissing as error:
        yield error.message


def _vault() -> ModuleType:
    # Only those who use it need its library.
    from ironic_lite.db.encryption.wrapping import vault

    return vault

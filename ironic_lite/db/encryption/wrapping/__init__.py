# SPDX-License-Identifier: Apache-2.0
"""The wrapping key: it encrypts the data keys, and is not in the database.

``[encryption] key_provider`` says which key wraps new data keys. Every row names its wrapping key, so data keys that an
earlier key wrapped are readable as long as that key is there: in a further line of the key file, or in a key file that
was kept after the change to Vault.
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

    :param uuid: the UUID of the data key, which unwrapping requires.
    :returns: the name of the wrapping key, and the wrapped key.
    :raises EncryptionKeyMissing, ConfigInvalid: when the wrapping key is missing, or its settings are wrong.
    """
    if CONF.encryption.key_provider == options.VAULT:
        wrapped: tuple[str, str] = _vault().wrap(data_key, uuid)
        return wrapped
    key = local.read_keys()[0]
    return key.name, key.wrap(data_key, uuid)


def unwrap(wrapped_by: str, wrapped: str, uuid: str) -> bytes:
    """Return the data key.

    :raises EncryptionKeyMissing: when the wrapping key is missing, or is another key.
    :raises KeyServiceUnavailable: when Vault has the wrapping key and does not answer.
    :raises ConfigInvalid: when the wrapping key cannot be read.
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
    """Return a function that wraps a new data key, after it has made a missing key file.

    Call the function only while no other process can make a data key. Vault wraps the key before the function is
    returned, because that may take long.
    """
    if CONF.encryption.key_provider != options.FILE:
        wrapped = wrap(data_key, uuid)
        return lambda: wrapped

    def with_file() -> tuple[str, str]:
        local.make_if_missing()
        return wrap(data_key, uuid)

    return with_file


def check_first() -> None:
    """Check that the first data key can be wrapped; make nothing.

    :raises EncryptionKeyMissing, KeyServiceUnavailable, ConfigInvalid: when it cannot.
    """
    if CONF.encryption.key_provider == options.FILE and not local.path().exists():
        local.check_that_it_can_be_made()
    else:
        wrap(cipher.new_key(), uuidutils.generate_uuid())


def name() -> str:
    """Return the name of the key that wraps new data keys. Raises as :func:`wrap` does."""
    if CONF.encryption.key_provider == options.VAULT:
        return str(_vault().name())
    return local.read_keys()[0].name


def problems() -> Iterator[str]:
    """Yield the errors in the options and in the keys that they name; the database is not read."""
    try:
        if CONF.encryption.key_provider == options.VAULT:
            _vault().check_options()
        elif local.path().exists() or CONF.encryption.key_provider == options.SYSTEMD:
            local.read_keys()
    except exception.EncryptionKeyMissing as error:
        yield error.message


def _vault() -> ModuleType:
    # Imported here because only processes that use Vault need its library.
    from ironic_lite.db.encryption.wrapping import vault

    return vault

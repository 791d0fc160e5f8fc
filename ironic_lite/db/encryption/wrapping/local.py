# SPDX-License-Identifier: Apache-2.0
"""Wrapping keys in files: the key file, and the credential from systemd.

A file has a key per line, 32 bytes in base64. The first one wraps; the others only unwrap, during a change of keys. A
key's name is its fingerprint, so that a wrong key is recognized.
"""

import base64
import binascii
import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.conf import encryption as options
from ironic_lite.db import engine
from ironic_lite.db.encryption import cipher

LOG = log.getLogger(__name__)

DEFAULT_FILE = "ironic-lite.key"
REMEDY = "Put the right key there, from the backup or from another conductor, and start again. Nothing was changed."

_NONCE_BYTES = 12
_MOST_BYTES = 64 * 1024


class LocalKey(NamedTuple):
    """One line of a key file."""

    name: str
    aead: AESGCM

    def wrap(self, data_key: bytes, uuid: str) -> str:
        """Encrypt the data key, bound to its UUID."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self.aead.encrypt(nonce, data_key, uuid.encode())
        return base64.urlsafe_b64encode(sealed).decode()

    def unwrap(self, wrapped: str, uuid: str) -> bytes:
        """Decrypt a data key that :meth:`wrap` encrypted.

        :raises EncryptionKeyMissing: when the row was changed.
        """
        try:
            sealed = base64.urlsafe_b64decode(wrapped)
            return self.aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], uuid.encode())
        except (InvalidTag, ValueError, binascii.Error):
            raise exception.EncryptionKeyMissing(
                problem=f"Data key {uuid} in the database was changed and cannot be unwrapped. Restore table data_keys "
                "from a backup."
            ) from None


def path() -> Path:
    if CONF.encryption.key_file:
        return Path(CONF.encryption.key_file).expanduser()
    url = engine.url()
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).with_suffix(".key")
    return Path(CONF.state_path).expanduser() / DEFAULT_FILE


def place() -> str:
    """Return the place of the keys, for messages."""
    if CONF.encryption.key_provider == options.SYSTEMD:
        return f"systemd's credential {CONF.encryption.systemd_credential}"
    return f"the key file {path()}"


def read_keys(required: str | None = None) -> list[LocalKey]:
    """Return all keys of the credential and of the key file; the first one wraps.

    :param required: the name of the key that is needed, for the message when there is no key.
    :raises EncryptionKeyMissing: when there is no key.
    :raises ConfigInvalid: when a file cannot be read, other users may read it, or its content is wrong.
    """
    found: list[LocalKey] = []
    if CONF.encryption.key_provider == options.SYSTEMD:
        found += _parse(_credential(), private=False)
    with contextlib.suppress(FileNotFoundError):
        found += _parse(path(), private=True)
    if found:
        return found
    which = f"key {required.partition(':')[2]}" if required else "a key that is not there"
    raise exception.EncryptionKeyMissing(
        problem=f"The secrets in the database are encrypted with {which}: {path()} does not exist. {REMEDY}"
    )


def make_if_missing() -> None:
    """Make a key file with a new key, if there is no file.

    :raises ConfigInvalid: when the file cannot be made.
    """
    file = path()
    if file.exists():
        return
    check_that_it_can_be_made()
    try:
        make(file)
    except FileExistsError:
        return
    except OSError as error:
        raise _cannot_be_made(error.errno) from error
    LOG.info(
        "Secrets in the database are encrypted from now on. Keep a copy of %s, apart from those of the database.",
        file,
    )


def check_that_it_can_be_made() -> None:
    """Check that this user may make the key file.

    :raises ConfigInvalid: when the user may not.
    """
    nearest = next(each for each in path().absolute().parents if each.exists())
    if not nearest.is_dir():
        raise _cannot_be_made(errno.ENOTDIR)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _cannot_be_made(errno.EACCES)


def _cannot_be_made(number: int | None) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(
        error_msg=f"The key file {path()} cannot be made: {os.strerror(number or errno.EIO)}. "
        "Set [encryption] key_file to another place."
    )


def make(file: Path) -> None:
    """Write a new key into a new file that only this user may read. The file appears complete or not at all.

    :raises OSError: when the file cannot be written, for example because it exists.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(file, new_line(), os.link)


def _write(file: Path, content: bytes, put: Callable[[str, Path], None]) -> None:
    descriptor, partial = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        put(partial, file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(partial).unlink()


def add(file: Path) -> str:
    """Insert a new key before those in a key file; return its name.

    :raises ConfigInvalid: when the file cannot be read or written.
    """
    try:
        _parse(file, private=True)
    except FileNotFoundError:
        raise exception.ConfigInvalid(
            error_msg=f"The key file {file} does not exist; a key is put before those that are there. Put the file "
            "there, or make a new one by 'ironic-lite db key'."
        ) from None
    line = new_line()
    _write(file, line + _read(file, private=True), os.replace)
    return _parse(file, private=True)[0].name


def new_line() -> bytes:
    return base64.b64encode(cipher.new_key()) + b"\n"


def _credential() -> Path:
    directory, name = os.environ.get("CREDENTIALS_DIRECTORY"), CONF.encryption.systemd_credential
    if not directory or not (Path(directory) / name).is_file():
        raise exception.EncryptionKeyMissing(
            problem=f"[encryption] key_provider is systemd, but systemd has handed over no credential {name}. Add "
            f"LoadCredentialEncrypted={name} or LoadCredential={name}:FILE to the unit."
        )
    return Path(directory) / name


def _parse(file: Path, private: bool) -> list[LocalKey]:
    lines = _read(file, private).split()
    try:
        raw = [base64.b64decode(line, validate=True) for line in lines]
    except (ValueError, binascii.Error):
        raw = []
    if not raw or any(len(key) != cipher.KEY_BYTES for key in raw):
        raise exception.ConfigInvalid(
            error_msg=f"The key file {file} does not hold a key: a line of 32 bytes in base64, as 'ironic-lite db key' "
            "makes it."
        )
    return [LocalKey(f"key:{_fingerprint(key)}", AESGCM(key)) for key in raw]


def _read(file: Path, private: bool) -> bytes:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if private and stat.S_IMODE(mode) & 0o077:
                raise exception.ConfigInvalid(
                    error_msg=f"The key file {file} may be read by others (mode {stat.S_IMODE(mode):04o}). "
                    f"Run 'chmod 600 {file}'."
                )
            return opened.read(_MOST_BYTES)
    except FileNotFoundError:
        raise
    except OSError as error:
        cause = os.strerror(error.errno or errno.EIO)
        raise exception.ConfigInvalid(
            error_msg=f"The key file {file} cannot be read: {cause}."
        ) from error


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"ironic-lite wrapping key" + key).hexdigest()[:16]

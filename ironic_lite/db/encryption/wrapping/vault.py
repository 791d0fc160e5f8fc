# SPDX-License-Identifier: Apache-2.0
"""The wrapping key in the transit engine of HashiCorp Vault or OpenBao, which it never leaves.

A process asks Vault when it starts and when it meets a new data key, not for each secret.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF

_PREFIX = "vault:"


def name() -> str:
    """Return the name of the wrapping key, for the rows of data keys."""
    options = CONF.encryption
    return f"{_PREFIX}{options.vault_transit_mount}/{options.vault_transit_key}"


def wrap(data_key: bytes, uuid: str) -> tuple[str, str]:
    """See :func:`ironic_lite.db.encryption.wrapping.wrap`."""
    wrapped_by = name()
    mount, key = _parts(wrapped_by)
    ciphertext = _ask(
        f"wrap a data key with {mount}/{key}",
        "ciphertext",
        lambda transit: transit.encrypt_data(
            name=key,
            plaintext=base64.b64encode(data_key).decode(),
            associated_data=_bound_to(uuid),
            mount_point=mount,
        ),
    )
    return wrapped_by, ciphertext


def unwrap(wrapped_by: str, wrapped: str, uuid: str) -> bytes:
    """See :func:`ironic_lite.db.encryption.wrapping.unwrap`."""
    mount, key = _parts(wrapped_by)
    plaintext = _ask(
        f"unwrap a data key with {mount}/{key}",
        "plaintext",
        lambda transit: transit.decrypt_data(
            name=key, ciphertext=wrapped, associated_data=_bound_to(uuid), mount_point=mount
        ),
    )
    return base64.b64decode(plaintext)


def check_options() -> None:
    """Check that the options that Vault needs are set.

    :raises ConfigInvalid: when one of them is missing.
    """
    _token()
    _library()


def _parts(wrapped_by: str) -> tuple[str, str]:
    mount, _, key = wrapped_by.removeprefix(_PREFIX).rpartition("/")
    return mount, key


def _bound_to(uuid: str) -> str:
    return base64.b64encode(uuid.encode()).decode()


def _library() -> Any:
    try:
        import hvac
        import hvac.exceptions
    except ImportError:
        raise exception.ConfigInvalid(
            error_msg="[encryption] key_provider is vault, which needs the extra of that name: "
            "pip install 'ironic-lite[vault]'."
        ) from None
    return hvac


def _token() -> str:
    options = CONF.encryption
    if not options.vault_url or not options.vault_token_file:
        raise exception.ConfigInvalid(
            error_msg="[encryption] key_provider is vault: set vault_url and vault_token_file."
        )
    try:
        return Path(options.vault_token_file).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "it is no text"
        raise exception.ConfigInvalid(
            error_msg=f"[encryption] vault_token_file {options.vault_token_file} cannot be read: {cause}."
        ) from error


def _ask(purpose: str, field: str, call: Callable[[Any], Any]) -> str:
    """Return one field of the transit engine's answer.

    :param purpose: what the engine is asked to do, and the name of the key, for the error message.
    :raises KeyServiceUnavailable: when no answer comes, or one without this field.
    """
    hvac, options = _library(), CONF.encryption
    client = hvac.Client(
        url=options.vault_url,
        token=_token(),
        namespace=options.vault_namespace,
        timeout=options.vault_timeout,
        verify=options.vault_ca_file or True,
        allow_redirects=False,
    )
    try:
        return _field_of(call(client.secrets.transit), field)
    except (hvac.exceptions.VaultError, OSError, _UnusableAnswer) as error:
        # The errors of requests are OSErrors; their long text names the URL, so the message has only their class.
        cause = "; ".join(getattr(error, "errors", None) or [type(error).__name__])
        raise exception.KeyServiceUnavailable(
            problem=f"Vault at {options.vault_url} did not {purpose} ({cause}). Check that it is unsealed, that "
            "vault_url leads to its active server, and that the token may use this key. Nothing was changed."
        ) from error
    finally:
        client.adapter.close()


class _UnusableAnswer(Exception):
    def __init__(self, cause: str):
        super().__init__(cause)
        self.errors = [cause]


def _field_of(answer: Any, field: str) -> str:
    """Return a field of an answer.

    :param answer: its JSON; the HTTP response, if it is not JSON, as redirects and the pages of other servers are.
    :raises _UnusableAnswer: when it has no such field.
    """
    if status := getattr(answer, "status_code", None):
        raise _UnusableAnswer(f"HTTP {status} without an answer of Vault")
    data = answer.get("data") if isinstance(answer, dict) else None
    value = data.get(field) if isinstance(data, dict) else None
    if not isinstance(value, str):
        raise _UnusableAnswer(f"the answer has no {field}")
    return value

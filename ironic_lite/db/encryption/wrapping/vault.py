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
    mount, key = _parts(name())
    answer = _ask(
        lambda transit: transit.encrypt_data(
            name=key,
            plaintext=base64.b64encode(data_key).decode(),
            associated_data=_bound_to(uuid),
            mount_point=mount,
        )
    )
    return name(), str(answer["data"]["ciphertext"])


def unwrap(wrapped_by: str, wrapped: str, uuid: str) -> bytes:
    """See :func:`ironic_lite.db.encryption.wrapping.unwrap`."""
    mount, key = _parts(wrapped_by)
    answer = _ask(
        lambda transit: transit.decrypt_data(
            name=key, ciphertext=wrapped, associated_data=_bound_to(uuid), mount_point=mount
        )
    )
    return base64.b64decode(answer["data"]["plaintext"])


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


def _ask(call: Callable[[Any], Any]) -> Any:
    """Return the answer of the transit engine.

    :raises KeyServiceUnavailable: when no answer comes.
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
        return call(client.secrets.transit)
    except (hvac.exceptions.VaultError, OSError) as error:
        # The errors of requests are OSErrors; their long text names the URL, so the message has only their class.
        cause = "; ".join(getattr(error, "errors", None) or [type(error).__name__])
        raise exception.KeyServiceUnavailable(
            problem=f"Vault at {options.vault_url} did not unwrap the keys of the database ({cause}). See that it is "
            f"unsealed and that the token may use {name().removeprefix(_PREFIX)}. Nothing was changed."
        ) from error
    finally:
        client.adapter.close()

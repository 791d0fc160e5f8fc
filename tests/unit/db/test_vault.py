# SPDX-License-Identifier: Apache-2.0
"""The wrapping key in Vault: the real client library with a server that has the transit engine's protocol."""

import base64
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ironic_lite.common import exception
from ironic_lite.db.encryption import wrapping

TOKEN = "s.planted-vault-token"


class Transit(http.server.BaseHTTPRequestHandler):
    """``encrypt`` and ``decrypt`` of a key of type aes256-gcm96, as Vault answers."""

    aead = AESGCM(os.urandom(32))
    sealed = False
    other_answer: tuple[int, bytes] | None = None
    """Status and body of every answer, as another server would send it."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.other_answer is not None:
            return self._send(*self.other_answer)
        if self.sealed:
            return self._answer(503, {"errors": ["Vault is sealed"]})
        if self.headers.get("X-Vault-Token") != TOKEN:
            return self._answer(403, {"errors": ["permission denied"]})
        bound = base64.b64decode(body["associated_data"])
        match self.path:
            case "/v1/keys/encrypt/lite":
                nonce = os.urandom(12)
                text = nonce + self.aead.encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
                told = {"ciphertext": f"vault:v1:{base64.b64encode(text).decode()}"}
            case "/v1/keys/decrypt/lite":
                text = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
                try:
                    plain = self.aead.decrypt(text[:12], text[12:], bound)
                except Exception:
                    return self._answer(400, {"errors": ["cipher: message authentication failed"]})
                told = {"plaintext": base64.b64encode(plain).decode()}
            case _:
                return self._answer(404, {"errors": []})
        return self._answer(200, {"data": told})

    do_PUT = do_POST  # noqa: N815 - the name is the library's

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, json.dumps(document).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def transit() -> Iterator[type[Transit]]:
    class Own(Transit):
        pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        Own.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield Own
        server.shutdown()
        thread.join()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


@pytest.fixture
def vault(transit: type[Transit], token_file: Path, set_option: Any) -> type[Transit]:
    for name, value in {
        "key_provider": "vault",
        "vault_url": transit.url,  # type: ignore[attr-defined]
        "vault_token_file": str(token_file),
        "vault_transit_mount": "keys",
        "vault_transit_key": "lite",
    }.items():
        set_option(name, value, group="encryption")
    return transit


def test_a_data_key_comes_back_for_its_own_uuid_alone(vault: type[Transit]) -> None:
    wrapped_by, wrapped = wrapping.wrap(b"k" * 32, "uuid-1")
    assert wrapped_by == wrapping.name() == "vault:keys/lite"
    assert wrapping.unwrap(wrapped_by, wrapped, "uuid-1") == b"k" * 32
    with pytest.raises(exception.KeyServiceUnavailable, match="message authentication failed"):
        wrapping.unwrap(wrapped_by, wrapped, "uuid-2")


def test_what_vault_refuses_is_told_in_a_line_without_the_token(
    vault: type[Transit], token_file: Path
) -> None:
    wrapped_by, wrapped = wrapping.wrap(b"k" * 32, "u")
    token_file.write_text("s.another")
    with pytest.raises(exception.KeyServiceUnavailable, match="permission denied") as caught:
        wrapping.unwrap(wrapped_by, wrapped, "u")
    assert "s.another" not in caught.value.message and "\n" not in caught.value.message
    token_file.write_text(TOKEN)
    vault.sealed = True
    with pytest.raises(exception.KeyServiceUnavailable, match=r"sealed.*Nothing was changed"):
        wrapping.unwrap(wrapped_by, wrapped, "u")


def test_a_vault_that_is_away(vault: type[Transit], set_option: Any) -> None:
    set_option("vault_url", "http://127.0.0.1:1", group="encryption")
    with pytest.raises(exception.KeyServiceUnavailable, match="unwrap a data key with keys/lite"):
        wrapping.unwrap("vault:keys/lite", "vault:v1:x", "u")
    # The key that is asked for, not the one that the options name now.
    with pytest.raises(exception.KeyServiceUnavailable, match="unwrap a data key with old/key"):
        wrapping.unwrap("vault:old/key", "vault:v1:x", "u")
    with pytest.raises(exception.KeyServiceUnavailable, match="did not wrap a data key with keys/"):
        wrapping.wrap(b"k" * 32, "u")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((200, b"<html>welcome</html>"), "HTTP 200 without an answer of Vault"),
        ((307, b""), "HTTP 307 without an answer of Vault"),
        ((204, b""), "HTTP 204 without an answer of Vault"),
        ((200, b"{}"), "the answer has no ciphertext"),
        ((200, b'{"data": null}'), "the answer has no ciphertext"),
        ((200, b'{"data": {"ciphertext": 7}}'), "the answer has no ciphertext"),
        ((200, b"[]"), "the answer has no ciphertext"),
    ],
)
def test_an_answer_that_is_not_vaults(
    vault: type[Transit], answer: tuple[int, bytes], cause: str
) -> None:
    vault.other_answer = answer
    with pytest.raises(exception.KeyServiceUnavailable, match=cause):
        wrapping.wrap(b"k" * 32, "u")


def test_what_vault_cannot_be_asked_without(vault: type[Transit], set_option: Any) -> None:
    assert list(wrapping.problems()) == []
    set_option("vault_token_file", "/no/such/file", group="encryption")
    with pytest.raises(exception.ConfigInvalid, match="cannot be read: No such file"):
        list(wrapping.problems())
    set_option("vault_url", None, group="encryption")
    with pytest.raises(exception.ConfigInvalid, match="set vault_url"):
        list(wrapping.problems())


def test_keys_of_a_file_are_read_after_the_change_to_vault(
    vault: type[Transit], set_option: Any, tmp_path: Path
) -> None:
    set_option("key_file", str(tmp_path / "k"), group="encryption")
    set_option("key_provider", "file", group="encryption")
    wrapped_by, wrapped = wrapping.new(b"k" * 32, "u")()
    set_option("key_provider", "vault", group="encryption")
    assert wrapping.unwrap(wrapped_by, wrapped, "u") == b"k" * 32
    assert wrapping.name() == "vault:keys/lite"


def test_the_credential_of_systemd(
    tmp_path: Path, set_option: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_option("key_file", str(tmp_path / "made"), group="encryption")
    wrapped_by, wrapped = wrapping.new(b"k" * 32, "u")()
    set_option("key_provider", "systemd", group="encryption")
    (told,) = wrapping.problems()
    assert told.startswith("[encryption] key_provider is systemd, but systemd has handed over no")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    # The same key from another source: nothing has to be encrypted again.
    (tmp_path / "made").rename(credentials / "ironic-lite.key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert list(wrapping.problems()) == []
    assert wrapping.unwrap(wrapped_by, wrapped, "u") == b"k" * 32

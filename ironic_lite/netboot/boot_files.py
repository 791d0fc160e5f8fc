# SPDX-License-Identifier: Apache-2.0
"""Which iPXE a client boots. The files are in a directory, as Debian's package ``ipxe`` or boot.ipxe.org has them."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

_BIOS = ("undionly.kpxe", "bios/undionly.kpxe", "ipxe.pxe")
_X86_64 = ("snponly.efi", "x86_64-efi/snponly.efi", "ipxe.efi", "x86_64-efi/ipxe.efi")
_X86 = ("snponly-ia32.efi", "i386-efi/snponly.efi", "ipxe-ia32.efi", "i386-efi/ipxe.efi")
_ARM = ("snponly-arm32.efi", "arm32-efi/snponly.efi", "ipxe-arm32.efi", "arm32-efi/ipxe.efi")
_ARM_64 = ("snponly-arm64.efi", "arm64-efi/snponly.efi", "ipxe-arm64.efi", "arm64-efi/ipxe.efi")

_NAMES: dict[int, tuple[str, ...]] = {
    # 7 is called EFI byte code in IANA's list, 9 x86-64; firmware for x86-64 sends either.
    **{0: _BIOS, 6: _X86, 7: _X86_64, 9: _X86_64, 10: _ARM, 11: _ARM_64},
    # The same over HTTP.
    **{15: _X86, 16: _X86_64, 17: _X86_64, 18: _ARM, 19: _ARM_64, 20: _BIOS},
}
_LARGEST = 64 * 1024 * 1024

Report = Callable[[str, str, str | None], None]
"""Gets the address of the client that asked for a file, the file's name, and why it failed (None: it was sent)."""


class Missing(Exception):
    """There is no boot file for a client; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class BootFiles:
    """The files in a directory.

    :param directory: what it holds may be fetched by everybody in the network.
    :param chosen: names for architectures, instead of those that are looked for.
    """

    directory: Path
    chosen: Mapping[int, str] = dataclasses.field(default_factory=dict)

    def name_for(self, architecture: int | None) -> str:
        """Return the name of the iPXE for an architecture, relative to the directory.

        :raises Missing: there is none.
        """
        # Old BIOS clients give no architecture.
        number = architecture or 0
        candidates = (self.chosen[number],) if number in self.chosen else _NAMES.get(number, ())
        for name in candidates:
            if self.find(name) is not None:
                return name
        if not candidates:
            raise Missing(
                f"client architecture {number} is unknown; name a file for it in [netboot] boot_files_by_architecture"
            )
        raise Missing(
            f"{self.directory} has no iPXE for client architecture {number} ({' or '.join(candidates)}); put it there, "
            "or set [netboot] boot_files_directory"
        )

    def find(self, name: str) -> Path | None:
        """Return the file with this name as a client sent it; None if the directory has none."""
        parts = PurePosixPath(name.replace("\\", "/").lstrip("/")).parts
        if not parts or ".." in parts or "\0" in name:
            return None
        # Symbolic links are followed, also out of the directory: Debian's package has some.
        file = self.directory.joinpath(*parts)
        try:
            fits = file.is_file() and file.stat().st_size <= _LARGEST
        except (OSError, ValueError):
            return None
        return file if fits else None

    def problems(self) -> list[str]:
        """Return a line for what prevents the usual servers from booting."""
        if any(self._has(number) for number in (0, 7, 11)):
            return []
        return [
            f"{self.directory} has no iPXE. Install it with 'apt-get install ipxe', or set [netboot] "
            "boot_files_directory to a directory that has undionly.kpxe and snponly.efi."
        ]

    def _has(self, architecture: int) -> bool:
        try:
            self.name_for(architecture)
        except Missing:
            return False
        return True

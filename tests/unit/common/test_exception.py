# SPDX-License-Identifier: Apache-2.0
"""Every exception class is raised somewhere."""

import inspect
import re
from pathlib import Path

import ironic_lite
from ironic_lite.common import exception

ROOT = Path(ironic_lite.__file__).parent


def test_every_error_is_named_by_who_raises_it_or_is_the_base_of_others() -> None:
    own = Path(inspect.getfile(exception))
    text = "".join(path.read_text() for path in ROOT.rglob("*.py") if path != own)
    named = set(re.findall(r"\b[A-Z]\w+", text))
    classes = [each for _, each in inspect.getmembers(exception, inspect.isclass)]
    ours = [each for each in classes if each.__module__ == exception.__name__]
    assert len(ours) > 50
    unused = [each.__name__ for each in ours if each.__name__ not in named]
    assert [name for name in unused if not getattr(exception, name).__subclasses__()] == []

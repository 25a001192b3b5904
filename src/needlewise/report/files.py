"""Writing a file whole or not at all, never over another by accident."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from needlewise.errors import InputError

PRIVATE, SHARED = 0o600, 0o644


def check(path: str | Path, *, force: bool) -> Path:
    """Whether a file may be written there. Raises InputError, before any work is done."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target} is a folder; give the name of a file in it.")
    if target.exists() and not force:
        raise InputError(f"{target} is there already; add --force to write over it.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent}; make it first.")
    return target


def write(path: str | Path, content: bytes, *, force: bool, mode: int = SHARED) -> None:
    """Write beside the target and put it in place in one step."""
    target = check(path, force=force)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise InputError(f"{target} cannot be written: {error.strerror}.") from None

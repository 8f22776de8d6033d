"""One zip file: the dump, and after it a manifest with its checksum and the number of rows in each table."""

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

BLOCK = 1024 * 1024
DUMP, MANIFEST = "dump", "manifest.json"
BROKEN = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)

Manifest = dict[str, Any]
Progress = Callable[[int], None]


class Damaged(Exception):
    """The file is not what was once written."""


def write(path: Path, chunks: Iterable[bytes], manifest: Manifest, progress: Progress) -> None:
    """The manifest may be filled in while the chunks come. The file gets its name when it is whole."""
    digest, size = sha256(), 0
    with _becoming(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as zipped:
        with zipped.open(DUMP, "w", force_zip64=True) as out:
            for chunk in chunks:
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                progress(size)
        zipped.writestr(MANIFEST, json.dumps(manifest | {"size": size, "sha256": digest.hexdigest()}, indent=1))


@contextmanager
def _becoming(path: Path) -> Iterator[Any]:
    """A file that only its owner may read, for what it holds is personal; gone if the writing fails."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _give_name(part, path)
        finally:
            part.unlink(missing_ok=True)


def _give_name(part: Path, path: Path) -> None:
    """Raises FileExistsError: a rename alone would replace what another backup has written meanwhile."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a share or a stick knows no hard links
        path.touch(exist_ok=False)
        part.replace(path)


def check(path: Path) -> Manifest:
    """Read the whole file once. Raises Damaged unless every byte is what was written."""
    digest = sha256()
    try:
        with zipfile.ZipFile(path) as zipped:
            manifest: Manifest = json.loads(zipped.read(MANIFEST))
        for chunk in read(path):
            digest.update(chunk)
        whole = digest.hexdigest() == manifest["sha256"]
    except BROKEN as error:
        raise Damaged from error
    if not whole:
        raise Damaged
    return manifest


def read(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as zipped, zipped.open(DUMP) as dump:
        while chunk := dump.read(BLOCK):
            yield chunk

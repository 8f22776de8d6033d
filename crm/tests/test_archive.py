"""A backup that is not whole is never taken for one."""

import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from crm.backup import archive, mysql

DUMP = [bytes(range(256)) * 400, b"the end"]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    file = tmp_path / "school.zip"
    archive.write(file, DUMP, {"engine": "sqlite"}, lambda done: None)
    return file


def test_a_whole_file_is_read_as_it_was_written(whole: Path) -> None:
    assert archive.check(whole)["size"] == sum(map(len, DUMP))
    assert b"".join(archive.read(whole)) == b"".join(DUMP)
    assert whole.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_refused(whole: Path) -> None:
    content = whole.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for damaged in (content[:-1], content[:middle], content[100:], flipped, b"", b"x" * 1000):
        whole.write_bytes(damaged)
        with pytest.raises(archive.Damaged):
            archive.check(whole)


def test_another_dump_under_the_same_manifest_is_refused(whole: Path) -> None:
    with ZipFile(whole) as before:
        manifest = before.read("manifest.json")
    for dump, said in ((b"another", manifest), (b"".join(DUMP), json.dumps({"engine": "sqlite"}).encode())):
        with ZipFile(whole, "w") as after:
            after.writestr("dump", dump)
            after.writestr("manifest.json", said)
        with pytest.raises(archive.Damaged):
            archive.check(whole)


def test_what_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - any of them
        archive.write(tmp_path / "school.zip", chunks(), {}, lambda done: None)
    assert list(tmp_path.iterdir()) == []


def no_links(path: Path, target: Path) -> None:
    raise PermissionError


@pytest.mark.parametrize("links", [True, False])
def test_of_two_backups_to_one_name_one_is_kept_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Also on a share that knows no hard links."""
    file = tmp_path / "school.zip"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)

    def chunks() -> Iterator[bytes]:
        yield b"first"
        archive.write(file, DUMP, {"engine": "sqlite"}, lambda done: None)
        yield b"first"

    with pytest.raises(FileExistsError):
        archive.write(file, chunks(), {}, lambda done: None)
    archive.check(file)
    assert b"".join(archive.read(file)) == b"".join(DUMP)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("dump", "rows"),
    [
        (b"CREATE TABLE `a` (\n  `id` int\n);\nINSERT INTO `a` VALUES (1,'('),(2,'\\'),(('),(3,NULL);\n", {"a": 3}),
        (b"CREATE TABLE `a` (\n`id` int);\nINSERT INTO `a` VALUES\n(1,'it''s ('),\n(2,'\\\\');\nLOCK (x);\n", {"a": 2}),
        (b"CREATE TABLE `a` (`i` int);\nINSERT INTO `a` (`i`, `j`) VALUES (1,2);\nCREATE TABLE `b` (`i` int);\n", {"a": 1, "b": 0}),
    ],
)  # fmt: skip
def test_rows_are_counted_in_the_dumps_of_both_families(dump: bytes, rows: dict[str, int]) -> None:
    counted: dict[str, int] = {}
    table = ""
    for line in mysql.STRING.sub(b"", dump).splitlines():
        table = mysql.count(line, table, counted)
    assert counted == rows

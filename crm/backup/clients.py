"""The databases' own programs. A password reaches them in the environment, never in the list of processes."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.db.backends.base.base import BaseDatabaseWrapper

ERROR = re.compile(r"(\S+ )?ERROR\b")  # mariadb and mysql: "ERROR 1146 (42S02) …"; psql: "psql:<stdin>:9: ERROR:  …"


class ClientFailed(Exception):
    """A program is missing, or ended with an error: its own words."""


def command(
    connection: BaseDatabaseWrapper, programs: tuple[str, ...], options: list[str]
) -> tuple[list[str], dict[str, str]]:
    """The first of the programs that is installed, told where the database is, and its environment."""
    args, secrets = connection.client.settings_to_cmd_args_env(connection.settings_dict, options)
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        message = f"{programs[0]} is not installed."
        raise ClientFailed(message)
    return [program, *args[1:]], os.environ | (secrets or {})


@contextmanager
def reading(args: list[str], env: dict[str, str]) -> Iterator[IO[bytes]]:
    """What the program writes."""
    with _running(args, env, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - a pipe was asked for
        yield process.stdout


def feed(args: list[str], env: dict[str, str], chunks: Iterable[bytes]) -> None:
    """Give the program the chunks to read."""
    with _running(args, env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin  # noqa: S101 - a pipe was asked for
        try:
            with process.stdin as pipe:
                for chunk in chunks:
                    pipe.write(chunk)
        except BrokenPipeError:
            return  # it stopped reading because of an error, which is told below


@contextmanager
def _running(
    args: list[str], env: dict[str, str], *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(args, env=env, stdin=stdin, stdout=stdout, stderr=errors)  # noqa: S603 - no shell
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            failed = process.wait() != 0
        if failed:
            errors.seek(0)
            raise ClientFailed(_told(errors.read().decode(errors="replace")) or f"{args[0]} failed.")


def _told(words: str) -> str:
    """The error alone: these programs print the statement or the row too, which is people's data."""
    lines = words.strip().splitlines()
    return "\n".join(filter(ERROR.match, lines)) or "\n".join(lines)

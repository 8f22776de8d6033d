"""How far a long command has come."""

from django.core.management.base import OutputWrapper


class Bar:
    """A bar on a terminal; elsewhere, such as in a log, one line at the end."""

    def __init__(self, out: OutputWrapper, label: str, total: int) -> None:
        self.out, self.label, self.total = out, label, total

    def show(self, done: int) -> None:
        if self.out.isatty():
            filled = 30 * done // (self.total or 1)
            self.out.write(
                f"\r{self.label:12} [{'#' * filled}{'.' * (30 - filled)}] {done:,}/{self.total:,}", ending=""
            )
            self.out.flush()
        if done >= self.total:
            self.out.write("" if self.out.isatty() else f"{self.label}: {done:,}")

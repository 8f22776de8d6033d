"""Backups: a dump by the database's own means, in one file that can prove that it is whole."""

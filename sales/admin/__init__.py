"""The sales staff's admin: contacts with their timeline, deals with their verbs, tasks by their day."""

from sales.admin import activities, contacts, deals, stages, tasks

__all__ = ["activities", "contacts", "deals", "stages", "tasks"]

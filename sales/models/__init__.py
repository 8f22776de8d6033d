from sales.models.contacts import Contact, ContactQuerySet, ContactWord
from sales.models.deals import Deal, DealQuerySet
from sales.models.stages import Stage, StageQuerySet
from sales.models.work import Activity, ActivityQuerySet, Task, TaskQuerySet

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "Contact",
    "ContactQuerySet",
    "ContactWord",
    "Deal",
    "DealQuerySet",
    "Stage",
    "StageQuerySet",
    "Task",
    "TaskQuerySet",
]

from django.contrib import admin

from accounts.staff import ScopedAdmin
from sales.board import Board
from sales.models import Activity, Contact, Deal, Stage, Task

for model in (Activity, Contact, Stage, Task):
    admin.site.register(model, ScopedAdmin)


@admin.register(Deal)
class DealAdmin(Board, ScopedAdmin[Deal]):
    pass

from django.contrib import admin

from accounts.staff import ScopedAdmin
from sales.models import Activity, Contact, Deal, Stage, Task

for model in (Activity, Contact, Deal, Stage, Task):
    admin.site.register(model, ScopedAdmin)

"""The content of the demo school: what `manage.py demo` writes, in Russian and English."""

from typing import NamedTuple


class DemoCourse(NamedTuple):
    school: str
    title: str
    slug: str
    price: str
    capacity: int | None
    starts_in_days: int
    weeks: int
    status: str
    by_approval: bool
    description: str
    reviews: tuple[tuple[int, str], ...]


SCHOOLS = {
    "mayak": {"name": "Школа «Маяк»", "currency": "RUB", "time_zone": "Europe/Moscow"},
    "harbour": {"name": "Harbour Online School", "currency": "EUR", "time_zone": "Europe/Berlin"},
}

LOGINS = [  # e-mail, name, language, roles by school
    ("owner@demo.example", "Ольга Соколова", "ru", {"mayak": "owner"}),
    ("admin@demo.example", "Андрей Белов", "ru", {"mayak": "admin"}),
    ("manager@demo.example", "Марина Крылова", "ru", {"mayak": "manager"}),
    ("sales@demo.example", "Сергей Громов", "ru", {"mayak": "sales"}),
    ("member@demo.example", "Мила Зайцева", "ru", {"mayak": "member"}),
    ("viewer@demo.example", "Виктор Лебедев", "ru", {"mayak": "viewer"}),
    ("harbour@demo.example", "Helen Ward", "en", {"harbour": "owner", "mayak": "viewer"}),
    ("student@demo.example", "Полина Орлова", "ru", {}),
]
SUPERUSER = ("root@demo.example", "Платформа", "ru")

COURSES = [
    DemoCourse(
        "mayak", "Python с нуля", "python-s-nulya", "14900.00", 20, 14, 10, "published", False,
        "Первый язык программирования для тех, кто **никогда не писал код**.\n\n## Чему научитесь\n\n- читать и писать программы\n"
        "- работать с файлами и таблицами\n- собрать свой первый бот\n\nЗанятия по вторникам и четвергам, 19:00 по Москве.",
        (
            (5, "Начинал с нуля, через два месяца написал бота для работы. Преподаватель отвечает на любые вопросы."),
            (5, "Лучший курс из всех, что я проходила. Домашние задания проверяют в тот же день 🙂"),
            (4, "Всё понятно, но последние две недели хотелось бы больше практики."),
        ),
    ),
    DemoCourse(
        "mayak", "Аналитика данных", "analitika-dannyh", "24900.00", 12, 21, 14, "published", True,
        "SQL, статистика и визуализация на данных настоящей компании.\n\n| Неделя | Тема |\n|---|---|\n| 1–4 | SQL |\n"
        "| 5–9 | Статистика |\n| 10–14 | Дашборды |",
        ((5, "SQL наконец-то уложился в голове."), (4, "Сильная программа, темп высокий.")),
    ),
    DemoCourse(
        "mayak", "Дизайн интерфейсов", "dizajn-interfejsov", "19900.00", 6, 10, 12, "published", False,
        "От бумажного прототипа до макета, который не стыдно отдать разработчику.",
        ((5, "После курса нашла первую работу дизайнером!"),),
    ),
    DemoCourse(
        "mayak", "Английский для работы", "anglijskij-dlya-raboty", "8900.00", 8, 7, 8, "published", False,
        "Созвоны, письма и собеседования. Группа до восьми человек.",
        ((5, "Перестал бояться созвонов."), (3, "Хороший преподаватель, но время неудобное.")),
    ),
    DemoCourse(
        "mayak", "Как выбрать профессию", "kak-vybrat-professiyu", "0.00", None, 3, 2, "published", False,
        "Бесплатный вводный курс: три вечера, чтобы понять, куда идти дальше.",
        ((5, "Спасибо, теперь я знаю, чего хочу."), (4, "Коротко и по делу."), (5, "Рекомендую всем, кто сомневается.")),
    ),
    DemoCourse(
        "mayak", "Маркетинг в социальных сетях", "marketing-v-sotssetyah", "11900.00", 15, -20, 6, "published", False,
        "Контент-план, тексты, реклама. Защита проекта перед настоящим заказчиком.",
        ((4, "Полезно, применила сразу."),),
    ),
    DemoCourse(
        "mayak", "Тестирование программ", "testirovanie-programm", "17900.00", 10, 45, 10, "draft", False,
        "Курс готовится: программа ещё меняется.", (),
    ),
    DemoCourse(
        "harbour", "Product Management Basics", "product-management-basics", "390.00", 10, 12, 8, "published", True,
        "Discovery, priorities, metrics.\n\n1. Talk to users\n2. Choose what *not* to build\n3. Measure",
        ((5, "Clear, honest, practical. The case studies were worth the price alone."), (4, "Good pace.")),
    ),
    DemoCourse(
        "harbour", "Web Development Bootcamp", "web-development-bootcamp", "1290.00", 5, 30, 16, "published", False,
        "Sixteen weeks from `<html>` to a deployed application.",
        ((5, "Hard work, and it paid off."),),
    ),
    DemoCourse(
        "harbour", "Photography for Beginners", "photography-for-beginners", "149.00", None, 5, 4, "published", False,
        "Light, composition, editing – with the phone you already own.",
        ((4, "Lovely teacher. Children enjoyed it too 📷"),),
    ),
    DemoCourse(
        "harbour", "Conversational Spanish", "conversational-spanish", "220.00", 12, 18, 10, "published", False,
        "Speak from the first lesson.", ((5, "¡Muy bien!"),),
    ),
    DemoCourse(
        "harbour", "Creative Writing, last year", "creative-writing", "180.00", 10, -200, 8, "archived", False,
        "An archived course: its students and their results stay.", (),
    ),
]  # fmt: skip

RUSSIAN_NAMES = [
    "Алина Морозова", "Борис Ефимов", "Вера Никитина", "Глеб Фомин", "Дарья Титова", "Егор Мельник", "Жанна Рябова",
    "Захар Котов", "Инна Павлова", "Кирилл Сомов", "Лариса Осипова", "Максим Журавлёв", "Нина Гусева", "Олег Данилов",
    "Пётр Савин", "Раиса Уварова", "Степан Блинов", "Таисия Королёва", "Ульяна Миронова", "Фёдор Панов", "Эльвира Сафина",
    "Юрий Климов", "Яна Третьякова", "Арсений Быков", "Богдан Шилов", "Валерия Зуева", "Георгий Анисимов", "Диана Хасанова",
    "Елизавета Ким", "Иван Щербаков", "Карина Фролова", "Леонид Вдовин", "Мария Ершова", "Никита Лапин", "Оксана Бойко",
    "Роман Тихонов", "София Назарова", "Тимур Галиев",
]  # fmt: skip
ENGLISH_NAMES = [
    "Amelia Stone", "Ben Carter", "Chloe Adams", "Daniel Fischer", "Emma Novak", "Frank Müller", "Grace Lee", "Hugo Martin",
    "Isla Brown", "Jack Wilson", "Kate O'Brien", "Liam Murphy", "Mia Rossi", "Noah Schmidt", "Olivia Green", "Paul Weber",
    "Quinn Taylor", "Rosa García", "Sam Turner", "Tessa Hill", "Victor Blanc",
]  # fmt: skip
SCHOOL_REVIEWS = [
    (5, "Третий курс в этой школе. Всё честно: расписание, записи занятий, обратная связь."),
    (4, "Удобный сайт, записаться можно за минуту."),
    (5, "The best online school I have tried. Friendly people, no pressure."),
]

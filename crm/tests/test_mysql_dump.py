"""What a dump needs so that MySQL takes back what MariaDB's mysqldump has written of it."""

from crm.backup.mysql import generated_last

WRITTEN = [
    b"CREATE TABLE `deal` (\n  `id` bigint NOT NULL AUTO_INCREMENT,\n",
    (
        b"  `is_open` tinyint(1) GENERATED ALWAYS AS ((case when (`status` in (_utf8mb4'open')) then 1 else 0 end)) STORED,\n"
        b"  `status` varchar(12) NOT NULL,\n"
        b"  `open_of` bigint GENERATED ALWAYS AS ((`id`)) STORED\n"
        b") ENGINE=InnoDB;\n"
        b"INSERT INTO `deal` VALUES\n(1,1,'open',1),\n(2,0,'  `a` int GENERATED ALWAYS AS (1)',NULL);\n"
    ),
]


def test_generated_columns_are_plain_until_the_rows_are_in() -> None:
    dump = b"".join(generated_last(WRITTEN)).decode()
    table, _insert, rest = dump.partition("INSERT")
    assert "GENERATED" not in table
    assert "  `is_open` tinyint(1),\n" in table
    assert "  `open_of` bigint\n" in table
    rows, _alter, again = rest.partition("ALTER TABLE `deal` ")
    assert rows == " INTO `deal` VALUES\n(1,1,'open',1),\n(2,0,'  `a` int GENERATED ALWAYS AS (1)',NULL);\n"
    assert again == (
        "MODIFY `is_open` tinyint(1) GENERATED ALWAYS AS ((case when (`status` in (_utf8mb4'open')) then 1 else 0 end))"
        " STORED, MODIFY `open_of` bigint GENERATED ALWAYS AS ((`id`)) STORED;\n"
    )

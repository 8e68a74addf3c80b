-- SQLite changes no column in place, so the table is made anew, with all its runs, and on the way:
-- - change `steps`: int instead of float

-- Stops here, with nothing changed, if the table has a column that would be lost.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, 'the table has a column that no snapshot knows, and a rebuild would lose it: see `wallow status`');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT 1 FROM pragma_table_xinfo('runs')
    WHERE "name" COLLATE NOCASE NOT IN (
        'id',
        'uuid',
        'created_at',
        'updated_at',
        '_wallow_attempt',
        'rate',
        'seed',
        'warmup',
        'steps',
        'status'
    )
);
DROP TABLE "_wallow_guard";

-- Stops here, with nothing changed, if the table has a trigger or an index of its own, which would be
-- lost.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, 'the table has a trigger or an index of its own, and a rebuild would lose it: apply with `wallow migrate apply`, which keeps it, or drop it first');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT "type", "name", "sql" FROM sqlite_master
    WHERE "tbl_name" = 'runs' COLLATE NOCASE AND "sql" IS NOT NULL
        AND ("type" = 'trigger' OR "type" = 'index' AND "name" <> 'uq_runs_identifying'
            AND "name" NOT IN (SELECT 'ix_runs_' || "name" FROM pragma_table_info('runs')))
);
DROP TABLE "_wallow_guard";

-- Stops here, with nothing changed, if another table refers to runs while foreign keys are on, so that
-- its rows would go with the old table.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, 'another table refers to runs, and with foreign keys on a rebuild would take its rows along: apply with `wallow migrate apply`, which turns them off');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT 1 FROM pragma_foreign_keys, sqlite_master, pragma_foreign_key_list(sqlite_master."name")
    WHERE "foreign_keys" AND "type" = 'table' AND "table" = 'runs' COLLATE NOCASE
);
DROP TABLE "_wallow_guard";

-- Stops here, with nothing changed, if `steps` has values that are no whole numbers.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, '`steps` has values that are no whole numbers: change them first');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT 1 FROM "runs" WHERE "steps" <> CAST("steps" AS INTEGER)
);
DROP TABLE "_wallow_guard";

-- Every run, into the new table.
CREATE TABLE "_wallow_new_runs" (
    "id" INTEGER PRIMARY KEY NOT NULL,
    "uuid" TEXT NOT NULL,
    "created_at" DATETIME NOT NULL,
    "updated_at" DATETIME NOT NULL,
    "_wallow_attempt" INTEGER NOT NULL DEFAULT 0,
    "rate" REAL NOT NULL,
    "seed" INTEGER NOT NULL DEFAULT 0,
    "warmup" INTEGER NOT NULL DEFAULT 0,
    "steps" INTEGER,
    "status" TEXT
);
INSERT INTO "_wallow_new_runs" (
    "id",
    "uuid",
    "created_at",
    "updated_at",
    "_wallow_attempt",
    "rate",
    "seed",
    "warmup",
    "steps",
    "status"
)
SELECT
    "id",
    "uuid",
    "created_at",
    "updated_at",
    "_wallow_attempt",
    "rate",
    "seed",
    "warmup",
    CAST("steps" AS INTEGER),
    "status"
FROM "runs";

-- The new table takes the place of the old one. SQLite must not look at views meanwhile: those of the
-- table would be in its way.
DROP TABLE "runs";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "_wallow_new_runs" RENAME TO "runs";
PRAGMA legacy_alter_table = OFF;

-- The indexes went with the old table.
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "rate",
    "seed",
    "warmup"
);
CREATE UNIQUE INDEX "ix_runs_uuid" ON "runs" ("uuid");
CREATE INDEX "ix_runs_rate" ON "runs" ("rate");
CREATE INDEX "ix_runs_seed" ON "runs" ("seed");
CREATE INDEX "ix_runs_warmup" ON "runs" ("warmup");

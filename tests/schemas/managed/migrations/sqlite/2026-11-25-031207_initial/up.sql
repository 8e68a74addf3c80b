-- Create the table `runs`.
CREATE TABLE "runs" (
    "id" INTEGER PRIMARY KEY NOT NULL,
    "uuid" TEXT NOT NULL,
    "created_at" DATETIME NOT NULL,
    "updated_at" DATETIME NOT NULL,
    "_wallow_attempt" INTEGER NOT NULL DEFAULT 0,
    "rate" REAL NOT NULL,
    "seed" INTEGER NOT NULL DEFAULT 0,
    "steps" INTEGER,
    "status" TEXT
);
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "rate",
    "seed"
);
CREATE UNIQUE INDEX "ix_runs_uuid" ON "runs" ("uuid");
CREATE INDEX "ix_runs_rate" ON "runs" ("rate");
CREATE INDEX "ix_runs_seed" ON "runs" ("seed");

-- Add the identifying field `warmup` (int, default 0). The runs there are get the default.
ALTER TABLE "runs" ADD COLUMN "warmup" INTEGER NOT NULL DEFAULT 0;

-- Tell runs apart by `rate`, `seed`, `warmup`. The transaction hides the moment between the two
-- indexes.
DROP INDEX "uq_runs_identifying";
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "rate",
    "seed",
    "warmup"
);

-- Index `warmup`.
CREATE INDEX "ix_runs_warmup" ON "runs" ("warmup");

-- Nobody writes between what is looked at and what is changed.
LOCK TABLE "runs" IN ACCESS EXCLUSIVE MODE;

-- Add the identifying field `warmup` (int, default 0). The runs there are get the default; the table
-- is not written anew.
ALTER TABLE "runs" ADD COLUMN "warmup" BIGINT NOT NULL DEFAULT 0;

-- Tell runs apart by `rate`, `seed`, `warmup`. The new index is there before the old one goes.
CREATE UNIQUE INDEX "uq_runs_identifying_new" ON "runs" (
    "rate",
    "seed",
    "warmup"
);
DROP INDEX "uq_runs_identifying";
ALTER INDEX "uq_runs_identifying_new" RENAME TO "uq_runs_identifying";

-- Index `warmup`.
CREATE INDEX "ix_runs_warmup" ON "runs" ("warmup");

-- Drop the index of `warmup`.
DROP INDEX "ix_runs_warmup";

-- Stops here, with nothing changed, if runs that differ only in `warmup` would become one.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, 'runs that differ only in `warmup` would become one: see `wallow collisions warmup`, and delete or change all but one of each');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT 1 FROM "runs" GROUP BY "rate", "seed" HAVING count(*) > 1
);
DROP TABLE "_wallow_guard";

-- Tell runs apart by `rate`, `seed`. The transaction hides the moment between the two indexes.
DROP INDEX "uq_runs_identifying";
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "rate",
    "seed"
);

-- Drop the identifying field `warmup`.
-- LOST: the values of `warmup`
ALTER TABLE "runs" DROP COLUMN "warmup";

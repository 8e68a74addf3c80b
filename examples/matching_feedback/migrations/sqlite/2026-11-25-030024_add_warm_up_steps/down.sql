-- Drop the index of `warmup_steps`.
DROP INDEX "ix_runs_warmup_steps";

-- Stops here, with nothing changed, if runs that differ only in `warmup_steps` would become one.
CREATE TEMP TABLE "_wallow_guard" ("found");
CREATE TEMP TRIGGER "_wallow_stop" BEFORE INSERT ON "_wallow_guard" BEGIN
    SELECT RAISE(ABORT, 'runs that differ only in `warmup_steps` would become one: see `wallow collisions warmup_steps`, and delete or change all but one of each');
END;
INSERT INTO "_wallow_guard" SELECT 1 WHERE EXISTS (
    SELECT 1 FROM "runs" GROUP BY "candidate_id", "cell_k", "cell_sigma", "generation", "seed" HAVING count(*) > 1
);
DROP TABLE "_wallow_guard";

-- Tell runs apart by `candidate_id`, `cell_k`, `cell_sigma`, `generation`, `seed`. The transaction
-- hides the moment between the two indexes.
DROP INDEX "uq_runs_identifying";
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "candidate_id",
    "cell_k",
    "cell_sigma",
    "generation",
    "seed"
);

-- Drop the identifying field `warmup_steps`.
-- LOST: the values of `warmup_steps`
ALTER TABLE "runs" DROP COLUMN "warmup_steps";

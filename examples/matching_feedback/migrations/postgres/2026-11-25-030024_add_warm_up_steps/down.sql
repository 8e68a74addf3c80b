-- Nobody writes between what is looked at and what is changed.
LOCK TABLE "runs" IN ACCESS EXCLUSIVE MODE;

-- Drop the index of `warmup_steps`.
DROP INDEX "ix_runs_warmup_steps";

-- Stops here, with nothing changed, if runs that differ only in `warmup_steps` would become one.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM "runs" GROUP BY "candidate_id", "cell_k", "cell_sigma", "generation", "seed" HAVING count(*) > 1
    ) THEN
        RAISE EXCEPTION USING MESSAGE = 'runs that differ only in `warmup_steps` would become one: see `wallow collisions warmup_steps`, and delete or change all but one of each';
    END IF;
END
$$;

-- Tell runs apart by `candidate_id`, `cell_k`, `cell_sigma`, `generation`, `seed`. The new index is
-- there before the old one goes.
CREATE UNIQUE INDEX "uq_runs_identifying_new" ON "runs" (
    "candidate_id",
    "cell_k",
    "cell_sigma",
    "generation",
    "seed"
);
DROP INDEX "uq_runs_identifying";
ALTER INDEX "uq_runs_identifying_new" RENAME TO "uq_runs_identifying";

-- Drop the identifying field `warmup_steps`.
-- LOST: the values of `warmup_steps`
ALTER TABLE "runs" DROP COLUMN "warmup_steps";

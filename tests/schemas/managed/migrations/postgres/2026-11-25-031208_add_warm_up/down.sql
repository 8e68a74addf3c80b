-- Nobody writes between what is looked at and what is changed.
LOCK TABLE "runs" IN ACCESS EXCLUSIVE MODE;

-- Drop the index of `warmup`.
DROP INDEX "ix_runs_warmup";

-- Stops here, with nothing changed, if runs that differ only in `warmup` would become one.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM "runs" GROUP BY "rate", "seed" HAVING count(*) > 1
    ) THEN
        RAISE EXCEPTION USING MESSAGE = 'runs that differ only in `warmup` would become one: see `wallow collisions warmup`, and delete or change all but one of each';
    END IF;
END
$$;

-- Tell runs apart by `rate`, `seed`. The new index is there before the old one goes.
CREATE UNIQUE INDEX "uq_runs_identifying_new" ON "runs" (
    "rate",
    "seed"
);
DROP INDEX "uq_runs_identifying";
ALTER INDEX "uq_runs_identifying_new" RENAME TO "uq_runs_identifying";

-- Drop the identifying field `warmup`.
-- LOST: the values of `warmup`
ALTER TABLE "runs" DROP COLUMN "warmup";

-- Drop the annotating field `discovered_T`.
-- LOST: the values of `discovered_T`
ALTER TABLE "runs" DROP COLUMN "discovered_T";

-- Rename `wall_clock_sec` to `train_seconds`.
ALTER TABLE "runs" RENAME COLUMN "wall_clock_sec" TO "train_seconds";

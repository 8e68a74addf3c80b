-- Rename `train_seconds` to `wall_clock_sec`.
ALTER TABLE "runs" RENAME COLUMN "train_seconds" TO "wall_clock_sec";

-- Add the annotating field `discovered_T` (json).
ALTER TABLE "runs" ADD COLUMN "discovered_T" JSONB;

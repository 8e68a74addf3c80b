-- Drop the table `runs`.
-- LOST: every run
DROP TABLE "runs";

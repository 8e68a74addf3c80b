-- Add the identifying field `warmup_steps` (int, default 0). The runs there are get the default.
ALTER TABLE "runs" ADD COLUMN "warmup_steps" INTEGER NOT NULL DEFAULT 0;

-- Tell runs apart by `candidate_id`, `cell_k`, `cell_sigma`, `generation`, `seed`, `warmup_steps`. The
-- transaction hides the moment between the two indexes.
DROP INDEX "uq_runs_identifying";
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "candidate_id",
    "cell_k",
    "cell_sigma",
    "generation",
    "seed",
    "warmup_steps"
);

-- Index `warmup_steps`.
CREATE INDEX "ix_runs_warmup_steps" ON "runs" ("warmup_steps");

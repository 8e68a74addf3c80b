-- Create the table `runs`.
CREATE TABLE "runs" (
    "id" INTEGER PRIMARY KEY NOT NULL,
    "uuid" TEXT NOT NULL,
    "created_at" DATETIME NOT NULL,
    "updated_at" DATETIME NOT NULL,
    "_wallow_attempt" INTEGER NOT NULL DEFAULT 0,
    "cell_k" INTEGER NOT NULL,
    "cell_sigma" REAL NOT NULL,
    "generation" INTEGER NOT NULL,
    "candidate_id" INTEGER NOT NULL,
    "seed" INTEGER NOT NULL DEFAULT 0,
    "git_commit" TEXT,
    "host" TEXT,
    "status" TEXT,
    "started_at" DATETIME,
    "train_seconds" REAL,
    "val_loss" REAL,
    "val_accuracy" REAL,
    "artefacts_dir" TEXT,
    "structural_traj" TEXT
);
CREATE UNIQUE INDEX "uq_runs_identifying" ON "runs" (
    "candidate_id",
    "cell_k",
    "cell_sigma",
    "generation",
    "seed"
);
CREATE UNIQUE INDEX "ix_runs_uuid" ON "runs" ("uuid");
CREATE INDEX "ix_runs_cell_k" ON "runs" ("cell_k");
CREATE INDEX "ix_runs_cell_sigma" ON "runs" ("cell_sigma");
CREATE INDEX "ix_runs_generation" ON "runs" ("generation");
CREATE INDEX "ix_runs_candidate_id" ON "runs" ("candidate_id");
CREATE INDEX "ix_runs_seed" ON "runs" ("seed");
CREATE INDEX "ix_runs_git_commit" ON "runs" ("git_commit");
CREATE INDEX "ix_runs_host" ON "runs" ("host");
CREATE INDEX "ix_runs_status" ON "runs" ("status");
CREATE INDEX "ix_runs_started_at" ON "runs" ("started_at");
CREATE INDEX "ix_runs_val_loss" ON "runs" ("val_loss");
CREATE INDEX "ix_runs_val_accuracy" ON "runs" ("val_accuracy");

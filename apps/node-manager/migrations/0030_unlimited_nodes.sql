-- Limits of containers that the engine cannot enforce: memory, cpu. Whoever enrolled the node accepted that.
ALTER TABLE node_records ADD COLUMN unenforced text[] NOT NULL DEFAULT '{}';

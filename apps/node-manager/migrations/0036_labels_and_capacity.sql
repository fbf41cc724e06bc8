ALTER TABLE node_records
  ADD COLUMN labels   jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN zone     text,
  -- What its owner says it has; null where its engine is believed.
  ADD COLUMN capacity_cpus           double precision,
  ADD COLUMN capacity_memory_bytes   bigint,
  -- What instances may not have: for the engine and whatever else runs there.
  ADD COLUMN reserved_cpus           double precision NOT NULL DEFAULT 0,
  ADD COLUMN reserved_memory_bytes   bigint           NOT NULL DEFAULT 0,
  -- As the kernel names it: x86_64, aarch64; null where it was enrolled before this was stored.
  ADD COLUMN architecture            text;

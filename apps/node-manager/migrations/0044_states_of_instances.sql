ALTER TABLE instance_records
  -- When it came into its state, as the deployer saw it; null where a version before this one wrote it.
  ADD COLUMN state_since  timestamptz,
  -- Why it is in its state, as far as the deployer has said.
  ADD COLUMN state_reason text;

-- The order of lists, in which pages are read; it also finds the instances of a service.
CREATE INDEX instance_records_place ON instance_records (app_id, service, started_at, name);
DROP INDEX instance_records_service;

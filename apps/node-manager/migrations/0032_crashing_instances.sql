-- Of an instance that runs, and whose process ended within the last minute; null of the others.
ALTER TABLE instance_records ADD COLUMN restarts integer, ADD COLUMN crashing_since timestamptz;

CREATE OR REPLACE VIEW instances AS
  SELECT name, state, app_id, app_name, service, release, image, node, ip, port, url, container, access_token, cpu,
         memory_mib, started_at, reported_at, restarts, crashing_since
  FROM instance_records;

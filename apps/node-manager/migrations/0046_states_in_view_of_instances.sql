CREATE OR REPLACE VIEW instances AS
  SELECT name, state, app_id, app_name, service, release, image, node, ip, port, url, container, access_token, cpu,
         memory_mib, started_at, reported_at, restarts, crashing_since,
         coalesce(state_since, CASE state WHEN 'running' THEN started_at ELSE reported_at END) AS state_since,
         state_reason
  FROM instance_records;

-- `routes` and `traffic`: null where the deployer has not said how the service is reached. They are looked up row by row,
-- so that a condition on a service still passes the full join.
CREATE OR REPLACE VIEW services AS
  SELECT app_id,
         service,
         coalesce(i.app_name, s.app_name) AS app_name,
         i.release,
         coalesce(i.running, 0) AS running,
         coalesce(i.reported_at, s.changed_at) AS reported_at,
         CASE s.state WHEN 'running' THEN s.count WHEN 'stopped' THEN 0 END AS wanted,
         s.release AS wanted_release,
         coalesce(i.crashing, 0) AS crashing,
         s.state AS wanted_state,
         (SELECT r.routes FROM route_records r
          WHERE r.app_id = coalesce(i.app_id, s.app_id) AND r.service = coalesce(i.service, s.service)) AS routes,
         (SELECT r.traffic FROM route_records r
          WHERE r.app_id = coalesce(i.app_id, s.app_id) AND r.service = coalesce(i.service, s.service)) AS traffic
  FROM (SELECT app_id, service,
               (array_agg(app_name ORDER BY reported_at DESC))[1] AS app_name,
               (array_agg(release ORDER BY reported_at DESC) FILTER (WHERE state = 'running'))[1] AS release,
               count(*) FILTER (WHERE state = 'running')::integer AS running,
               count(*) FILTER (WHERE state = 'running' AND crashing_since IS NOT NULL)::integer AS crashing,
               max(reported_at) AS reported_at
        FROM instance_records GROUP BY app_id, service) i
  FULL JOIN spec_records s USING (app_id, service);

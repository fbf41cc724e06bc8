-- How a service scales, as the deployer says; null where it does not.
ALTER TABLE spec_records ADD COLUMN scaling jsonb;

-- One column more, behind whatever the view has by now. It is looked up row by row, so that a condition on a service still
-- passes the full join.
DO $$
BEGIN
  EXECUTE format(
    'CREATE OR REPLACE VIEW services AS
       SELECT v.*, (SELECT s.scaling FROM spec_records s WHERE s.app_id = v.app_id AND s.service = v.service) AS scaling
       FROM (%s) v',
    rtrim(pg_get_viewdef('services'::regclass), '; '));
END
$$;

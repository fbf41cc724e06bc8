-- A release that gets a part of a service's requests, beside the wanted one. It is written with the row of spec_records,
-- whose trigger tells of it, and counts at that revision alone: a replica of the version before does not write it.
CREATE TABLE canary_records (
  app_id   text    NOT NULL,
  service  text    NOT NULL,
  revision integer NOT NULL,
  -- {release, percent, count}
  canary   jsonb   NOT NULL,
  PRIMARY KEY (app_id, service)
);

-- `canary`: null where none is wanted. `wanted` is without its instances, `running` with them. One column more, behind
-- whatever the view has by now; looked up row by row, so that a condition on a service still passes the full join.
DO $$
BEGIN
  EXECUTE format(
    'CREATE OR REPLACE VIEW services AS
       SELECT v.*, (SELECT c.canary FROM canary_records c JOIN spec_records s USING (app_id, service, revision)
                    WHERE c.app_id = v.app_id AND c.service = v.service) AS canary
       FROM (%s) v',
    rtrim(pg_get_viewdef('services'::regclass), '; '));
END
$$;

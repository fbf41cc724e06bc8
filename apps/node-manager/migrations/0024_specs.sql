-- What is wanted of each service, as the deployer says; the newest revision counts.
CREATE TABLE spec_records (
  app_id     text        NOT NULL,
  service    text        NOT NULL,
  app_name   text        NOT NULL,
  revision   integer     NOT NULL,
  state      text        NOT NULL,
  release    text,
  count      integer     NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (app_id, service)
);

-- A row a service that was ever reported or wanted. `wanted` is null where nothing is known of it yet.
CREATE OR REPLACE VIEW services AS
  SELECT app_id,
         service,
         coalesce(i.app_name, s.app_name) AS app_name,
         i.release,
         coalesce(i.running, 0) AS running,
         coalesce(i.reported_at, s.changed_at) AS reported_at,
         CASE s.state WHEN 'running' THEN s.count WHEN 'stopped' THEN 0 END AS wanted,
         s.release AS wanted_release
  FROM (SELECT app_id, service,
               (array_agg(app_name ORDER BY reported_at DESC))[1] AS app_name,
               (array_agg(release ORDER BY reported_at DESC) FILTER (WHERE state = 'running'))[1] AS release,
               count(*) FILTER (WHERE state = 'running')::integer AS running,
               max(reported_at) AS reported_at
        FROM instance_records GROUP BY app_id, service) i
  FULL JOIN spec_records s USING (app_id, service);

CREATE FUNCTION note_service(changed_app text, changed_service text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM note_change('service', changed_app || '/' || changed_service, NOT EXISTS (
    SELECT FROM services s WHERE s.app_id = changed_app AND s.service = changed_service));
END
$$;

CREATE OR REPLACE FUNCTION note_instance() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  changed instance_records;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  PERFORM FROM revision_counter FOR UPDATE;
  PERFORM note_change('instance', changed.name, NOT EXISTS (
    SELECT FROM instance_records i WHERE i.name = changed.name));
  PERFORM note_service(changed.app_id, changed.service);
  RETURN NULL;
END
$$;

CREATE FUNCTION note_spec() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM revision_counter FOR UPDATE;
  PERFORM note_service(NEW.app_id, NEW.service);
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER spec_changed AFTER INSERT OR UPDATE ON spec_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_spec();

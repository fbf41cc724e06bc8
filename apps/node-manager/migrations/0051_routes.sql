-- How each service is reached at the gateway, as the deployer says; the newest revision counts.
CREATE TABLE route_records (
  app_id     text        NOT NULL,
  service    text        NOT NULL,
  revision   integer     NOT NULL,
  -- [{host, path, strip?, headers?, timeoutMs?}]
  routes     jsonb       NOT NULL,
  -- {balance?}
  traffic    jsonb       NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (app_id, service)
);

CREATE FUNCTION note_routes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM revision_counter FOR UPDATE;
  PERFORM note_service(NEW.app_id, NEW.service);
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER routes_changed AFTER INSERT OR UPDATE ON route_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_routes();

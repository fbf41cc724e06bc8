-- What happened to each instance, oldest first by id. A trigger writes it, so replicas of the version before do so, too.
CREATE TABLE instance_event_records (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance text        NOT NULL,
  app_id   text        NOT NULL,
  service  text        NOT NULL,
  release  text        NOT NULL,
  node     text        NOT NULL,
  at       timestamptz NOT NULL,
  -- started, healthy, crashing, recovered, draining, resumed, stopped, failed.
  event    text        NOT NULL,
  reason   text
);
CREATE INDEX instance_event_records_instance ON instance_event_records (instance, id);
CREATE INDEX instance_event_records_service ON instance_event_records (app_id, service, id);
CREATE INDEX instance_event_records_node ON instance_event_records (node, id);
CREATE INDEX instance_event_records_old ON instance_event_records (at);

CREATE FUNCTION add_instance_event(of_instance instance_records, happened text, happened_at timestamptz, why text)
RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO instance_event_records (instance, app_id, service, release, node, at, event, reason)
  VALUES (of_instance.name, of_instance.app_id, of_instance.service, of_instance.release, of_instance.node,
          happened_at, happened, why)
$$;

CREATE FUNCTION note_instance_event() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_new boolean := TG_OP = 'INSERT';
BEGIN
  IF is_new THEN
    PERFORM add_instance_event(NEW, 'started', NEW.started_at, NULL);
  END IF;
  IF is_new OR NEW.state <> OLD.state THEN
    PERFORM add_instance_event(NEW,
      CASE WHEN NEW.state <> 'running' THEN NEW.state WHEN is_new THEN 'healthy' ELSE 'resumed' END,
      NEW.reported_at, NEW.state_reason);
  END IF;
  IF NEW.state = 'running' AND (NEW.crashing_since IS NOT NULL) <> (NOT is_new AND OLD.crashing_since IS NOT NULL) THEN
    PERFORM add_instance_event(NEW, CASE WHEN NEW.crashing_since IS NULL THEN 'recovered' ELSE 'crashing' END,
      NEW.reported_at, NULL);
  END IF;
  RETURN NULL;
END
$$;

-- What is known of those that are there already.
INSERT INTO instance_event_records (instance, app_id, service, release, node, at, event)
SELECT name, app_id, service, release, node, at, event
FROM instance_records, LATERAL (
  VALUES (started_at, 'started'),
         (reported_at, CASE WHEN state <> 'running' THEN state END)) AS known (at, event)
WHERE event IS NOT NULL
ORDER BY at;

CREATE TRIGGER instance_event AFTER INSERT OR UPDATE ON instance_records
  FOR EACH ROW EXECUTE FUNCTION note_instance_event();

CREATE VIEW instance_events AS
  SELECT id, instance, app_id, service, release, node, at, event, reason FROM instance_event_records;

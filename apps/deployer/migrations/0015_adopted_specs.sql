-- A replica of the version before ends tasks without writing the spec: it is made from what runs then. To be dropped
-- with the next version, when no such replica is left.
CREATE FUNCTION adopt_spec_of_older_replica() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM adopt_spec(q.request ->> 'appId', NEW.service, NEW.token, coalesce(NEW.arrival, 0))
  FROM requests q WHERE q.token = NEW.token;
  RETURN NULL;
END
$$;
CREATE TRIGGER specs_of_older_replicas AFTER UPDATE OF result ON tasks FOR EACH ROW
WHEN (OLD.result IS NULL AND NOT NEW.writes_spec AND NEW.result ->> 'status' IN ('running', 'stopped'))
EXECUTE FUNCTION adopt_spec_of_older_replica();

-- Installations from before: each service as it runs now. After the trigger, whose lock lets no task end meanwhile.
SELECT adopt_spec(app_id, service, 'migration', 0) FROM (SELECT DISTINCT app_id, service FROM releases) AS known;

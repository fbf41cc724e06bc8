-- A repair by a replica of the version before asks for nothing new: what is wanted stays, however few run after it.
-- Only the function is replaced: changing the trigger would lock the tasks.
CREATE OR REPLACE FUNCTION adopt_spec_of_older_replica() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM adopt_spec(q.request ->> 'appId', NEW.service, NEW.token, coalesce(NEW.arrival, 0))
  FROM requests q WHERE q.token = NEW.token AND q.token !~ '^repair-[0-9a-f]{16}-[0-9]+$';
  RETURN NULL;
END
$$;

-- A promise that nobody bound in time counts as free room. A report that binds it all the same takes this room, so the
-- node has another version then. Reports of promises that lapse within a minute do the same under the same lock.
CREATE OR REPLACE FUNCTION note_reservation() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_live   boolean := NEW.state IN ('promised', 'bound');
  -- Of an insertion, OLD is null.
  was_live  boolean := TG_OP = 'UPDATE' AND OLD.state IN ('promised', 'bound');
  was_over  boolean := TG_OP = 'UPDATE' AND OLD.state = 'promised' AND OLD.expires_at < now() + interval '1 minute';
BEGIN
  IF was_live AND (NOT is_live OR NEW.node <> OLD.node)
     OR TG_OP = 'UPDATE' AND NEW.port_taken_at IS DISTINCT FROM OLD.port_taken_at THEN
    INSERT INTO node_changes (node, takes) VALUES (OLD.node, false);
  END IF;
  -- What is promised anew may be another size.
  IF is_live AND (NOT (was_live AND NEW.state = 'bound') OR was_over) THEN
    INSERT INTO node_changes (node, takes) VALUES (NEW.node, true);
  END IF;
  RETURN NULL;
END
$$;

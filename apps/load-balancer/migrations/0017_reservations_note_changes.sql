-- A trigger, so that replicas of the version before note their reservations, too.
CREATE FUNCTION note_reservation() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_live  boolean := NEW.state IN ('promised', 'bound');
  -- Of an insertion, OLD is null.
  was_live boolean := TG_OP = 'UPDATE' AND OLD.state IN ('promised', 'bound');
BEGIN
  IF was_live AND (NOT is_live OR NEW.node <> OLD.node)
     OR TG_OP = 'UPDATE' AND NEW.port_taken_at IS DISTINCT FROM OLD.port_taken_at THEN
    INSERT INTO node_changes (node, takes) VALUES (OLD.node, false);
  END IF;
  -- What is promised anew may be another size.
  IF is_live AND NOT (was_live AND NEW.state = 'bound') THEN
    INSERT INTO node_changes (node, takes) VALUES (NEW.node, true);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER reservation_changed AFTER INSERT OR UPDATE ON reservations
  FOR EACH ROW EXECUTE FUNCTION note_reservation();
CREATE INDEX reservations_live_node ON reservations (node) WHERE state IN ('promised', 'bound');

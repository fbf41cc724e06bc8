-- A replica of the version before goes on beside new ones for a while, and writes `state` alone.
CREATE FUNCTION follow_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.reachable := NEW.state <> 'unreachable';
  NEW.verdict_at := now();
  NEW.verdict_reason := NULL;
  NEW.state_since := NEW.verdict_at;
  RETURN NEW;
END
$$;
CREATE TRIGGER node_state_alone BEFORE UPDATE OF state ON node_records
  FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state IN ('ready', 'unreachable')
                     AND NEW.reachable = OLD.reachable AND NEW.wish = OLD.wish)
  EXECUTE FUNCTION follow_state();

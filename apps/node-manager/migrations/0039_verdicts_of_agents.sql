ALTER TABLE node_records
  -- Of the newest node.state: what has a lower fence, or the same and an earlier time, is old.
  ADD COLUMN agent_fence     bigint,
  ADD COLUMN agent_at        timestamptz,
  -- Since when it answers again, while what it runs of the time before is not removed; null otherwise.
  ADD COLUMN returning_since timestamptz,
  -- The last return after which the deployer has removed that.
  ADD COLUMN cleaned_at      timestamptz;

-- That it was heard of again is no change.
DROP TRIGGER node_changed ON node_records;
CREATE CONSTRAINT TRIGGER node_changed AFTER UPDATE ON node_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (to_jsonb(OLD) - '{updated_at,reported_at,agent_fence,agent_at,cleaned_at}'::text[] IS DISTINCT FROM
        to_jsonb(NEW) - '{updated_at,reported_at,agent_fence,agent_at,cleaned_at}'::text[])
  EXECUTE FUNCTION note_node();

-- The end of a return changes `state` to `ready`, too, and is no report of a replica of the version before.
DROP TRIGGER node_state_alone ON node_records;
CREATE TRIGGER node_state_alone BEFORE UPDATE OF state ON node_records
  FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state IN ('ready', 'unreachable')
                     AND NEW.reachable = OLD.reachable AND NEW.wish = OLD.wish
                     AND NEW.returning_since IS NOT DISTINCT FROM OLD.returning_since)
  EXECUTE FUNCTION follow_state();

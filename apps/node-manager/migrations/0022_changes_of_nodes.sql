CREATE CONSTRAINT TRIGGER node_came_or_went AFTER INSERT OR DELETE ON node_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_node();
-- That it was heard of again is no change.
CREATE CONSTRAINT TRIGGER node_changed AFTER UPDATE ON node_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (to_jsonb(OLD) - '{updated_at,reported_at}'::text[] IS DISTINCT FROM
        to_jsonb(NEW) - '{updated_at,reported_at}'::text[])
  EXECUTE FUNCTION note_node();

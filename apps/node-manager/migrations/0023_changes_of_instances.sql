CREATE CONSTRAINT TRIGGER instance_came_or_went AFTER INSERT OR DELETE ON instance_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_instance();
CREATE CONSTRAINT TRIGGER instance_changed AFTER UPDATE ON instance_records
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (to_jsonb(OLD) - '{reported_at}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{reported_at}'::text[])
  EXECUTE FUNCTION note_instance();

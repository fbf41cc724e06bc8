-- Limits are learned beside the tasks, so a task may write a spec that it read before that. Of two changes the one that
-- arrived later counts. A replica of the version before knows of none.
CREATE FUNCTION keep_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.spec := NEW.spec || jsonb_build_object('limits', OLD.spec -> 'limits');
  NEW.spec := jsonb_set(NEW.spec, '{changes,limits}', OLD.spec #> '{changes,limits}');
  RETURN NEW;
END
$$;
CREATE TRIGGER specs_keep_limits BEFORE UPDATE OF spec ON specs FOR EACH ROW
WHEN (OLD.spec #>> '{changes,limits,by}' = 'learned'
  AND (OLD.spec #>> '{changes,limits,arrival}')::bigint > coalesce((NEW.spec #>> '{changes,limits,arrival}')::bigint, -1))
EXECUTE FUNCTION keep_limits();

-- How a service scales is set beside the tasks, too, so a task may write a spec that it read before that. Of two policies the
-- one that was asked for later counts. A replica of the version before knows of none and writes none.
CREATE FUNCTION keep_scaling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept jsonb := OLD.spec #> '{changes,scaling}';
  written bigint := (NEW.spec #>> '{changes,scaling,arrival}')::bigint;
BEGIN
  IF written IS NULL THEN
    NEW.spec := (NEW.spec - 'declaredScaling') || CASE WHEN OLD.spec ? 'declaredScaling'
      THEN jsonb_build_object('declaredScaling', OLD.spec -> 'declaredScaling') ELSE '{}' END;
  END IF;
  NEW.spec := (NEW.spec - 'scaling') || CASE WHEN OLD.spec ? 'scaling'
    THEN jsonb_build_object('scaling', OLD.spec -> 'scaling') ELSE '{}' END;
  NEW.spec := jsonb_set(NEW.spec, '{changes,scaling}', kept);
  RETURN NEW;
END
$$;
CREATE TRIGGER specs_keep_scaling BEFORE UPDATE OF spec ON specs FOR EACH ROW
WHEN ((OLD.spec #>> '{changes,scaling,arrival}')::bigint > coalesce((NEW.spec #>> '{changes,scaling,arrival}')::bigint, -1))
EXECUTE FUNCTION keep_scaling();

-- Moves a unit that runs to another key, in which it has the turn from now on, or waits for it.
--
-- Its number stays, so among those that wait for the same key it stands where it arrived. True: it goes on running. False:
-- it was let go of, and is claimed again when its turn comes. Null: somebody else holds it.
CREATE FUNCTION work_switch(unit text, held bigint, new_key text) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  moved work%ROWTYPE;
  goes_on boolean;
BEGIN
  SELECT * INTO moved FROM work WHERE id = unit AND fence = held AND state || '' = 'running';
  IF moved.key = new_key THEN
    RETURN true;
  END IF;
  -- As where turns are given: who has the turn is decided by one session at a time. Before the row, as there: no deadlock.
  PERFORM pg_advisory_xact_lock(hashtextextended('slipway.work.' || current_schema(), 0));
  SELECT * INTO moved FROM work WHERE id = unit AND fence = held AND state || '' = 'running' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  goes_on := NOT EXISTS (SELECT FROM work WHERE key = new_key AND state IN ('ready', 'running', 'waiting'))
    AND NOT EXISTS (SELECT FROM work WHERE key = new_key AND state = 'queued' AND seq + 0 < moved.seq);
  IF goes_on THEN
    UPDATE work SET key = new_key WHERE id = unit;
    INSERT INTO work_turns (rank, key) VALUES (0, moved.key);
  ELSE
    UPDATE work SET key = new_key, state = 'queued', owner = NULL, lease_until = NULL WHERE id = unit;
    INSERT INTO work_turns (rank, key) VALUES (0, moved.key), (1, new_key);
  END IF;
  PERFORM pg_notify(current_schema() || '_work', '');
  RETURN goes_on;
END
$$;

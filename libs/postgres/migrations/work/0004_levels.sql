-- The level of a unit says which replicas can do it: each claims units up to the level that it knows.
--
-- Replicas of the version before know level 0. They cannot read the events of newer tasks, and would roll out
-- where only a build has the turn. So they leave alone what a newer replica took in or has begun.
ALTER TABLE work ADD COLUMN level smallint NOT NULL DEFAULT 0;

CREATE FUNCTION work_take(claimer text, lease interval, ready_first boolean, known smallint) RETURNS SETOF work
LANGUAGE plpgsql AS $$
DECLARE
  -- A value, not a call: an index is read up to it and no further.
  moment timestamptz := clock_timestamp();
  taken bigint;
BEGIN
  IF ready_first THEN
    SELECT seq INTO taken FROM work WHERE state = 'ready' AND level <= known
    ORDER BY seq + 0 LIMIT 1 FOR UPDATE SKIP LOCKED;
  END IF;
  taken := coalesce(taken,
    (SELECT seq FROM work WHERE state = 'running' AND lease_until < moment AND level <= known
     ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED),
    (SELECT seq FROM work WHERE state = 'waiting' AND due_at <= moment AND level <= known
     ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED),
    (SELECT seq FROM work WHERE state = 'ready' AND level <= known
     ORDER BY seq + 0 LIMIT 1 FOR UPDATE SKIP LOCKED));
  RETURN QUERY
    UPDATE work SET state = 'running', owner = claimer, fence = work.fence + 1, lease_until = moment + lease,
                    level = greatest(level, known)
    WHERE seq = taken RETURNING work.*;
END
$$;

-- As work_claim without a level, which says why it is so.
CREATE FUNCTION work_claim(
  claimer text, lease interval, ready_first boolean, known smallint,
  OUT id text, OUT key text, OUT fence bigint, OUT lease_until timestamptz, OUT more boolean
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  turns_lock bigint := hashtextextended('slipway.work.' || current_schema(), 0);
  busy boolean := false;
BEGIN
  more := false;
  IF EXISTS (SELECT FROM work_turns) THEN
    IF pg_try_advisory_xact_lock(turns_lock) THEN
      -- More than a unit of work adds, and few enough that a claim does not become slow by them.
      PERFORM work_give_turns(10);
    ELSE
      -- Another session does it; what it gives is claimed when nothing else is there.
      busy := true;
    END IF;
  END IF;
  SELECT t.id, t.key, t.fence, t.lease_until INTO id, key, fence, lease_until
  FROM work_take(claimer, lease, ready_first, known) t;
  IF id IS NOT NULL OR NOT (busy OR EXISTS (SELECT FROM work_turns)) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(turns_lock);
  PERFORM work_give_turns(500);
  SELECT t.id, t.key, t.fence, t.lease_until INTO id, key, fence, lease_until
  FROM work_take(claimer, lease, ready_first, known) t;
  more := id IS NULL AND EXISTS (SELECT FROM work_turns);
END
$$;

-- As replicas of the version before call them. To be dropped with the next version, when no such replica is left.
CREATE OR REPLACE FUNCTION work_take(claimer text, lease interval, ready_first boolean) RETURNS SETOF work
LANGUAGE sql AS 'SELECT * FROM work_take(claimer, lease, ready_first, 0::smallint)';
CREATE OR REPLACE FUNCTION work_claim(
  claimer text, lease interval, ready_first boolean,
  OUT id text, OUT key text, OUT fence bigint, OUT lease_until timestamptz, OUT more boolean
) LANGUAGE sql AS 'SELECT * FROM work_claim(claimer, lease, ready_first, 0::smallint)';

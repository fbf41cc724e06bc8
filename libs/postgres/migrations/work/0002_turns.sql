-- What may be claimed is known before anybody asks, so that a claim costs the same however much waits.
--
-- Of each key at most one unit has the turn: it is 'ready', 'waiting' or 'running'. The others are 'queued' and in no
-- index that a claim reads. Who has the turn changes in one place only, work_give_turns, one session at a time; enqueue
-- and finish just name the key in work_turns. So neither waits for another's open transaction, and a row that commits
-- late is found by its own entry.
ALTER TABLE work DROP CONSTRAINT work_state_check;
ALTER TABLE work ADD CONSTRAINT work_state_check
  CHECK (state IN ('queued', 'ready', 'running', 'waiting', 'done'));
ALTER TABLE work ALTER COLUMN state SET DEFAULT 'queued';
ALTER TABLE work ADD COLUMN finished_at timestamptz;

-- Keys of which somebody else may have the turn now: after a unit of theirs was finished (0), or added (1). The first
-- come first: behind them others wait already.
CREATE TABLE work_turns (
  rank smallint NOT NULL CHECK (rank IN (0, 1)),
  seq  bigserial,
  key  text     NOT NULL,
  PRIMARY KEY (rank, seq)
);

UPDATE work SET finished_at = now() WHERE state = 'done';
-- Not what runs: its key is given the turn again when it is finished.
UPDATE work w SET state = 'queued'
WHERE state IN ('ready', 'waiting')
  AND EXISTS (SELECT FROM work o WHERE o.key = w.key AND o.seq <> w.seq
              AND (o.state = 'running' OR (o.seq < w.seq AND o.state IN ('ready', 'waiting'))));
UPDATE work SET state = 'waiting' WHERE state = 'ready' AND due_at > now();

DROP INDEX work_one_running, work_unfinished_of_key, work_due, work_lease;
CREATE UNIQUE INDEX work_turn ON work (key) WHERE state IN ('ready', 'running', 'waiting');
-- By seq + 0, so that no plan takes the primary key instead, which begins with everything that was ever done.
CREATE INDEX work_queued ON work (key, (seq + 0)) WHERE state = 'queued';
CREATE INDEX work_ready ON work ((seq + 0)) WHERE state = 'ready';
CREATE INDEX work_due ON work (due_at) WHERE state = 'waiting';
CREATE INDEX work_lease ON work (lease_until) WHERE state = 'running';
CREATE INDEX work_finished ON work (finished_at) WHERE state = 'done';

-- Dead rows lie where claims begin to read: by the default, a fifth of a large table, they would be cleaned up too late.
ALTER TABLE work SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);
ALTER TABLE work_turns SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Gives the turn to the oldest of each key named in up to `most` entries. The caller holds the lock of work_claim.
CREATE FUNCTION work_give_turns(most integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  keys text[];
BEGIN
  WITH entries AS (
    DELETE FROM work_turns WHERE ctid = ANY (ARRAY(SELECT ctid FROM work_turns ORDER BY rank, seq LIMIT most))
    RETURNING key)
  SELECT array_agg(DISTINCT key) INTO keys FROM entries;

  -- A row with a lower number may commit after a higher one was given the turn: that one steps back, unless it began.
  UPDATE work w SET state = 'queued'
  WHERE key = ANY (keys) AND state IN ('ready', 'waiting') AND fence = 0
    AND (SELECT seq FROM work e WHERE e.key = w.key AND e.state = 'queued' ORDER BY seq + 0 LIMIT 1) < w.seq;

  -- Questions about one key at a time: as a join they might be answered by reading every turn there is.
  UPDATE work SET state = CASE WHEN due_at <= clock_timestamp() THEN 'ready' ELSE 'waiting' END
  WHERE state = 'queued' AND seq = ANY (ARRAY(
    SELECT (SELECT seq FROM work q WHERE q.key = k.key AND q.state = 'queued' ORDER BY seq + 0 LIMIT 1)
    FROM unnest(keys) AS k (key)
    WHERE (SELECT seq FROM work h WHERE h.key = k.key AND h.state IN ('ready', 'running', 'waiting')) IS NULL));
END
$$;

-- What was begun goes first: a lapsed lease, then parked work that is due, then what is ready, oldest first.
CREATE FUNCTION work_take(claimer text, lease interval, ready_first boolean) RETURNS SETOF work LANGUAGE plpgsql AS $$
DECLARE
  -- A value, not a call: an index is read up to it and no further.
  moment timestamptz := clock_timestamp();
  taken bigint;
BEGIN
  IF ready_first THEN
    SELECT seq INTO taken FROM work WHERE state = 'ready' ORDER BY seq + 0 LIMIT 1 FOR UPDATE SKIP LOCKED;
  END IF;
  taken := coalesce(taken,
    (SELECT seq FROM work WHERE state = 'running' AND lease_until < moment
     ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED),
    (SELECT seq FROM work WHERE state = 'waiting' AND due_at <= moment
     ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED),
    (SELECT seq FROM work WHERE state = 'ready' ORDER BY seq + 0 LIMIT 1 FOR UPDATE SKIP LOCKED));
  RETURN QUERY
    UPDATE work SET state = 'running', owner = claimer, fence = work.fence + 1, lease_until = moment + lease
    WHERE seq = taken RETURNING work.*;
END
$$;

-- Claims one unit; `id` is null when there is none. `more` says that keys still wait to be given turns: ask again,
-- in a transaction of its own, so that no claim holds the others up for long.
-- Plans are kept, and statistics lag behind a table that grows: only those that stay right at any size are allowed.
CREATE FUNCTION work_claim(
  claimer text, lease interval, ready_first boolean,
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
  FROM work_take(claimer, lease, ready_first) t;
  IF id IS NOT NULL OR NOT (busy OR EXISTS (SELECT FROM work_turns)) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(turns_lock);
  PERFORM work_give_turns(500);
  SELECT t.id, t.key, t.fence, t.lease_until INTO id, key, fence, lease_until
  FROM work_take(claimer, lease, ready_first) t;
  more := id IS NULL AND EXISTS (SELECT FROM work_turns);
END
$$;

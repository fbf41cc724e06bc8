CREATE TABLE work (
  seq         bigserial PRIMARY KEY,
  id          text        NOT NULL UNIQUE,
  key         text        NOT NULL,
  state       text        NOT NULL CHECK (state IN ('ready', 'running', 'waiting', 'done')),
  due_at      timestamptz NOT NULL DEFAULT now(),
  owner       text,
  lease_until timestamptz,
  -- Rises with every claim; whoever writes a result must say the one it was given.
  fence       bigint      NOT NULL DEFAULT 0
);

-- At most one task of a key runs, whatever races.
CREATE UNIQUE INDEX work_one_running ON work (key) WHERE state = 'running';
CREATE INDEX work_unfinished_of_key ON work (key, seq) WHERE state <> 'done';
CREATE INDEX work_due ON work (due_at, seq) WHERE state IN ('ready', 'waiting');
CREATE INDEX work_lease ON work (lease_until) WHERE state = 'running';

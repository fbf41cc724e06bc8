-- Tries to move an instance away from a node that is drained or was removed. They never lead to its being given up.
CREATE TABLE moves (
  instance text PRIMARY KEY,
  attempts integer     NOT NULL,
  last_at  timestamptz NOT NULL,
  task_id  text        NOT NULL
);
-- What was said last of what holds a drain up; null of a node that is not drained.
ALTER TABLE node_checks ADD COLUMN holding jsonb;

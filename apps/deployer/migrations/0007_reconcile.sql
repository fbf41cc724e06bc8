-- Which Slipway this is: on every container and image, so that two that share a node leave each other's alone.
CREATE TABLE installation (id text NOT NULL);
CREATE UNIQUE INDEX installation_only_one ON installation ((true));
INSERT INTO installation (id) VALUES (gen_random_uuid()::text);

-- Who looks at a node, and when next: one replica at a time.
CREATE TABLE node_checks (
  node              text PRIMARY KEY,
  due_at            timestamptz NOT NULL DEFAULT now(),
  lease_until       timestamptz,
  -- Since when it does not answer.
  unreachable_since timestamptz
);
CREATE INDEX node_checks_due ON node_checks (due_at);

-- How often an instance was brought back. The one that a repair's task started goes on counting from there.
CREATE TABLE repairs (
  instance text PRIMARY KEY,
  attempts integer     NOT NULL,
  last_at  timestamptz NOT NULL,
  task_id  text
);
CREATE INDEX repairs_task ON repairs (task_id);

CREATE INDEX instances_node ON instances (node);
CREATE INDEX tasks_open ON tasks (service) WHERE result IS NULL;

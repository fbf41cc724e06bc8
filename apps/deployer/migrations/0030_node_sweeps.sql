-- Who looks at the images of a node, and when next: one replica at a time. Gone with the node's login.
CREATE TABLE node_sweeps (
  node        text PRIMARY KEY REFERENCES node_logins (node) ON DELETE CASCADE,
  due_at      timestamptz NOT NULL,
  lease_until timestamptz
);
CREATE INDEX node_sweeps_due ON node_sweeps (due_at);

-- What took or freed room on a node, for replicas that keep all nodes in memory.
-- Room is taken under a lock of the node, so of one node the rows with `takes` become visible in the order of their ids:
-- the highest one is the node's version.
CREATE TABLE node_changes (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node       text        NOT NULL,
  takes      boolean     NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX node_changes_taken ON node_changes (node, id) WHERE takes;
CREATE INDEX node_changes_age ON node_changes (changed_at);

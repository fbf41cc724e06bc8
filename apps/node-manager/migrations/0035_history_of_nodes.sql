-- What happened to each node, oldest first by id.
CREATE TABLE node_events (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node   text        NOT NULL,
  at     timestamptz NOT NULL DEFAULT now(),
  -- enrolled, updated, labelled, login-changed, cordoned, uncordoned, draining, drained, unreachable, reachable, removed.
  event  text        NOT NULL,
  -- After it.
  state  text        NOT NULL,
  reason text,
  -- The principal; null of what nobody asked for.
  by     text
);
CREATE INDEX node_events_node ON node_events (node, id);
CREATE INDEX node_events_old ON node_events (at);

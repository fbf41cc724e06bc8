-- Replicas that live, also those that hold no node. A holder is one process: a replica that is started again is another.
CREATE TABLE replicas (
  holder text        PRIMARY KEY,
  until  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Who watches each node, until when. Renewed twice a second: no index on what changes, and room for it in the page.
CREATE TABLE node_leases (
  node   text        PRIMARY KEY,
  holder text        NOT NULL,
  fence  bigint      NOT NULL,
  until  timestamptz NOT NULL,
  -- The verdict of the last holder, for the one that takes over; alive or unreachable.
  liveness       text,
  liveness_why   text,
  liveness_since timestamptz
) WITH (fillfactor = 50);

-- One for all nodes, so that a node that is removed and added again still gets a higher one.
CREATE SEQUENCE fences;

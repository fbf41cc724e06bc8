-- What the load balancer says of a node request that waits for room: since when, until when, and what is missing.
ALTER TABLE node_requests ADD COLUMN waiting jsonb;
CREATE INDEX node_requests_waiting ON node_requests (task_id) WHERE waiting IS NOT NULL AND answer IS NULL;

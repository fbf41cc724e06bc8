-- The registry's `updated_at` of the node when the load balancer was asked last how it is reached.
ALTER TABLE node_checks ADD COLUMN access_asked_at timestamptz;

-- When an instance failed on the node that was reserved for it.
ALTER TABLE reservations ADD COLUMN failed_at timestamptz;
CREATE INDEX reservations_failed ON reservations (app_id, service, failed_at) WHERE failed_at IS NOT NULL;

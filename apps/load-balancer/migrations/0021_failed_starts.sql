-- When an instance failed on the node that was reserved for it, and the image that it runs.
ALTER TABLE reservations ADD COLUMN failed_at timestamptz, ADD COLUMN image text;
CREATE INDEX reservations_failed ON reservations (app_id, service, failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX reservations_image ON reservations (app_id, service, image, updated_at) WHERE image IS NOT NULL;

-- When something that Slipway did not start was found to listen at the reserved port. Null: nothing was.
ALTER TABLE reservations ADD COLUMN port_taken_at timestamptz;
CREATE INDEX reservations_port_taken ON reservations (port_taken_at) WHERE port_taken_at IS NOT NULL;

-- Reservations that ended are found by their age, to be deleted.
CREATE INDEX reservations_ended ON reservations (updated_at) WHERE state IN ('released', 'lapsed');

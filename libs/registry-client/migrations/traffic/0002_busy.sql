-- Instances that drain and have requests in flight through the carrier, by their names.
ALTER TABLE carrier_records ADD COLUMN busy text[] NOT NULL DEFAULT '{}';
CREATE OR REPLACE VIEW carriers AS SELECT id, lease_until, applied, busy FROM carrier_records;

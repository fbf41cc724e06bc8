-- Of nodes that were removed, the last port is kept no longer.
ALTER TABLE ports_in_turn ADD COLUMN handed_out_at timestamptz NOT NULL DEFAULT now();
-- Refused requests are few among millions of placements, and are asked for alone.
CREATE INDEX placements_refused ON placements (id) WHERE node IS NULL;

-- Who carries traffic to instances, and which revision of the registry each of them has applied.
CREATE TABLE carrier_records (
  id          text PRIMARY KEY,
  lease_until timestamptz NOT NULL,
  -- Of the registry; 0 until the carrier says so.
  applied     bigint NOT NULL DEFAULT 0
);

-- For whoever waits until an instance gets no more traffic.
CREATE VIEW carriers AS SELECT id, lease_until, applied FROM carrier_records;

-- Capacity of a node promised to one instance, by the access token of its node request.
CREATE TABLE reservations (
  access_token text PRIMARY KEY,
  app_id       text             NOT NULL,
  service      text             NOT NULL,
  node         text             NOT NULL,
  port         integer          NOT NULL,
  score        double precision NOT NULL,
  cpu          double precision NOT NULL,
  memory_mib   integer          NOT NULL,
  -- promised: until expires_at; bound: an instance runs on it; released: free again.
  state        text             NOT NULL,
  expires_at   timestamptz      NOT NULL,
  updated_at   timestamptz      NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX reservations_live_port ON reservations (node, port) WHERE state <> 'released';
CREATE INDEX reservations_expiry ON reservations (expires_at) WHERE state = 'promised';

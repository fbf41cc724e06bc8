-- Instances that were asked to make room for a request that waits, by their own access tokens.
CREATE TABLE evictions (
  access_token text PRIMARY KEY,
  instance     text        NOT NULL,
  app_id       text        NOT NULL,
  service      text        NOT NULL,
  priority     integer     NOT NULL,
  node         text        NOT NULL,
  -- The access token of the request that waits.
  made_for     text        NOT NULL,
  asked_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX evictions_made_for ON evictions (made_for);
CREATE INDEX evictions_age ON evictions (asked_at);

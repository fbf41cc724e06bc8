-- Moves of instances that the load balancer asked for, to balance the load of nodes.
CREATE TABLE rebalancing_moves (
  token     text PRIMARY KEY,
  app_id    text        NOT NULL,
  service   text        NOT NULL,
  -- What was moved, from where to where, and what that improves.
  move      jsonb       NOT NULL,
  asked_at  timestamptz NOT NULL DEFAULT now(),
  -- Null while it is under way.
  ended_at  timestamptz,
  succeeded boolean,
  -- Why it failed: code and message.
  error     jsonb
);
CREATE INDEX rebalancing_moves_open ON rebalancing_moves (asked_at) WHERE ended_at IS NULL;
CREATE INDEX rebalancing_moves_age ON rebalancing_moves (asked_at);
-- What was advised last, by the replica that looks at the fleet. One row.
CREATE TABLE rebalancing_advice (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  at       timestamptz NOT NULL,
  advice   jsonb       NOT NULL
);

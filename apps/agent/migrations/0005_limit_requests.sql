-- Requests of limits. The replica that holds the lease of the node applies them, one after another. Answered ones stay
-- for a while: the same request is answered the same.
CREATE TABLE limit_requests (
  request     uuid        PRIMARY KEY,
  -- The order in which they are applied.
  ordinal     bigint      GENERATED ALWAYS AS IDENTITY,
  node        text        NOT NULL,
  fence       bigint      NOT NULL,
  asked_at    timestamptz NOT NULL,
  changes     jsonb       NOT NULL,
  answer      jsonb,
  answered_at timestamptz
);
CREATE INDEX limit_requests_open ON limit_requests (node, ordinal) WHERE answered_at IS NULL;
CREATE INDEX limit_requests_answered ON limit_requests (answered_at) WHERE answered_at IS NOT NULL;

-- The highest fence of the rescaler's leases that was seen of each node.
CREATE TABLE limit_fences (
  node  text   PRIMARY KEY,
  fence bigint NOT NULL
);

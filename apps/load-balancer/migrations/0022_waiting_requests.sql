-- Node requests that no node fits now. Who joins or serves the line of them holds its lock (waiting-rows.ts).
CREATE TABLE waiting_requests (
  access_token text PRIMARY KEY,
  -- As node.requests has it.
  request      jsonb       NOT NULL,
  priority     integer     NOT NULL,
  since        timestamptz NOT NULL DEFAULT now(),
  wait_until   timestamptz NOT NULL,
  -- The deployer knows that it waits.
  announced    boolean     NOT NULL,
  -- The line was gone through since it came.
  tried        boolean     NOT NULL DEFAULT false,
  -- The node that is kept for it; of the first in line at most.
  holds        text
);
CREATE INDEX waiting_requests_order ON waiting_requests (priority DESC, since, access_token);
CREATE UNIQUE INDEX waiting_requests_hold ON waiting_requests ((true)) WHERE holds IS NOT NULL;

ALTER TABLE node_checks
  -- The last return of the node after which nothing was left there of the time before: `liveness.since` of its agent.
  ADD COLUMN cleaned_at timestamptz,
  -- When its engine was asked last what it has, and had nothing that was too young to be removed.
  ADD COLUMN asked_at   timestamptz;

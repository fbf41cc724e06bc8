-- What applications have paid with, by what they use; of those of which somebody has said a budget.
CREATE TABLE accounts (
  app_id    text        PRIMARY KEY,
  -- As it was said when it was last looked at; a change of it is credited.
  cost      float8      NOT NULL,
  account   jsonb       NOT NULL,
  billed_at timestamptz NOT NULL
);

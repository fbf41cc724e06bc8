-- How services and instances do at each gateway. Rewritten once a second, and worth nothing after three: so no WAL is kept.
CREATE UNLOGGED TABLE figure_records (
  id      text PRIMARY KEY,
  at      timestamptz NOT NULL,
  -- The writer's own clock at that moment, in milliseconds since 1970: times in the body are by it.
  said_at bigint NOT NULL,
  -- Another one with each other body.
  version text NOT NULL,
  body    jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE VIEW figures AS SELECT id, at, said_at, version, body FROM figure_records;

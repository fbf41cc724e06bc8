-- How idle instances are, for gateways that read the registry themselves: a row of each replica. As figure_records.
CREATE UNLOGGED TABLE score_records (
  id      text PRIMARY KEY,
  at      timestamptz NOT NULL,
  said_at bigint NOT NULL,
  version text NOT NULL,
  body    jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE VIEW current_scores AS SELECT id, at, said_at, version, body FROM score_records;

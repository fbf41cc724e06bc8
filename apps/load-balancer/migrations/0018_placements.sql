-- Why each node request was answered as it was: one row an answer, never changed.
CREATE TABLE placements (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Byte order, so that all of a request, whose token it begins with, are a range of the index.
  access_token text COLLATE "C" NOT NULL,
  app_id       text             NOT NULL,
  service      text             NOT NULL,
  -- Null where no node was found, as port and score.
  node         text,
  port         integer,
  score        double precision,
  policy       text             NOT NULL,
  answered_at  timestamptz      NOT NULL DEFAULT now(),
  -- What was asked for, the best nodes with their terms, and what refused the others.
  explanation  jsonb            NOT NULL
);
CREATE INDEX placements_token ON placements (access_token, id);
CREATE INDEX placements_service ON placements (app_id, service, id);
CREATE INDEX placements_node ON placements (node, id) WHERE node IS NOT NULL;
CREATE INDEX placements_age ON placements (answered_at);

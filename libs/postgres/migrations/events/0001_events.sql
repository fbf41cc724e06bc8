-- Streams of events; the primary key is the expected version's guard.
CREATE TABLE events (
  stream  text        NOT NULL,
  version integer     NOT NULL CHECK (version > 0),
  type    text        NOT NULL,
  data    jsonb       NOT NULL,
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  replica text        NOT NULL,
  PRIMARY KEY (stream, version)
);

-- One row for each ten seconds of a node on which an instance of a service runs that scales: of these instances only, as
-- in node_minutes, without p95. A day is a partition, which is dropped as a whole.
CREATE TABLE node_ten_seconds (
  node    text        NOT NULL,
  begun   timestamptz NOT NULL,
  fence   bigint      NOT NULL,
  instances        text[]     NOT NULL,
  app_ids          text[]     NOT NULL,
  services         text[]     NOT NULL,
  releases         text[]     NOT NULL,
  instance_seconds smallint[] NOT NULL,
  cpu_mean         real[]     NOT NULL,
  cpu_max          real[]     NOT NULL,
  memory_mean      float8[]   NOT NULL,
  memory_max       float8[]   NOT NULL,
  -- The share of periods in which its CPU limit held it back; NULL without a limit.
  throttled_mean   real[]     NOT NULL,
  throttled_max    real[]     NOT NULL,
  PRIMARY KEY (node, begun, fence)
) PARTITION BY RANGE (begun);

-- One row for each minute of an instance, with its scores: 100 is idle, 0 is saturated. A part that was not measured is
-- NULL. A day is a partition, which is dropped as a whole. Replicas that had a part of the same minute each keep the row
-- of the one that had most of it.
CREATE TABLE score_minutes (
  app_id   text        NOT NULL,
  service  text        NOT NULL,
  minute   timestamptz NOT NULL,
  instance text        NOT NULL,
  node     text        NOT NULL,
  -- How many of its seconds were measured.
  seconds  smallint    NOT NULL,
  overall_mean       real NOT NULL,
  overall_least      real NOT NULL,
  cpu_mean           real,
  cpu_least          real,
  memory_mean        real,
  memory_least       real,
  network_mean       real,
  network_least      real,
  availability_mean  real,
  availability_least real,
  PRIMARY KEY (app_id, service, minute, instance)
) PARTITION BY RANGE (minute);

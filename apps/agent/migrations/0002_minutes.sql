-- One row for each minute of a node, with what it used: as {mean, maximum, p95} of its seconds. CPU in cores, memory in
-- bytes, traffic in bytes a second. Instances stand beside each other in arrays of the same length. A day is a partition,
-- which is dropped as a whole. Two replicas may have a part of the same minute each.
CREATE TABLE node_minutes (
  node    text        NOT NULL,
  minute  timestamptz NOT NULL,
  fence   bigint      NOT NULL,
  -- How many of its seconds were observed.
  seconds smallint    NOT NULL,
  host_cpu             real[] NOT NULL,
  host_memory          float8[],
  host_disk_read       real[],
  host_disk_written    real[],
  host_network_in      real[],
  host_network_out     real[],
  -- All containers that are no instances, together.
  others_cpu           real[]   NOT NULL,
  others_memory        float8[] NOT NULL,
  instances            text[]   NOT NULL,
  app_ids              text[]   NOT NULL,
  services             text[]   NOT NULL,
  releases             text[]   NOT NULL,
  instance_seconds     smallint[] NOT NULL,
  cpu_mean             real[]   NOT NULL,
  cpu_max              real[]   NOT NULL,
  cpu_p95              real[]   NOT NULL,
  memory_mean          float8[] NOT NULL,
  memory_max           float8[] NOT NULL,
  memory_p95           float8[] NOT NULL,
  -- The share of periods in which its CPU limit held it back; NULL without a limit.
  throttled_mean       real[]   NOT NULL,
  throttled_max        real[]   NOT NULL,
  throttled_p95        real[]   NOT NULL,
  PRIMARY KEY (node, minute, fence)
) PARTITION BY RANGE (minute);

-- What the node manager knows. Other apps read the views at the end, never the tables.

CREATE TABLE node_records (
  name                 text PRIMARY KEY,
  address              text             NOT NULL,
  ssh_port             integer          NOT NULL,
  ssh_user             text             NOT NULL,
  -- Of the host key that was accepted at enrolment: SHA256:... as ssh-keygen -l prints it.
  host_key_fingerprint text             NOT NULL,
  -- Compact JWE (dir, A256GCM) under SLIPWAY_NODE_KEY: {privateKey} or {password}.
  login_encrypted      text             NOT NULL,
  state                text             NOT NULL,
  cpus                 double precision NOT NULL,
  memory_bytes         bigint           NOT NULL,
  engine_version       text             NOT NULL,
  -- Host ports for instances, both ends included.
  first_port           integer          NOT NULL,
  last_port            integer          NOT NULL,
  enrolled_at          timestamptz      NOT NULL DEFAULT now(),
  updated_at           timestamptz      NOT NULL DEFAULT now(),
  UNIQUE (address, ssh_port)
);

CREATE TABLE instance_records (
  name         text PRIMARY KEY,
  state        text             NOT NULL,
  app_id       text             NOT NULL,
  app_name     text             NOT NULL,
  service      text             NOT NULL,
  release      text             NOT NULL,
  image        text             NOT NULL,
  node         text             NOT NULL,
  ip           text             NOT NULL,
  port         integer          NOT NULL,
  url          text             NOT NULL,
  container    text             NOT NULL,
  access_token text             NOT NULL,
  cpu          double precision NOT NULL,
  memory_mib   integer          NOT NULL,
  started_at   timestamptz      NOT NULL,
  reported_at  timestamptz      NOT NULL
);
CREATE INDEX instance_records_service ON instance_records (app_id, service);

-- Every enrolled node, without its login.
CREATE VIEW nodes AS
  SELECT name, address, ssh_port, ssh_user, host_key_fingerprint, state, cpus, memory_bytes, engine_version,
         first_port, last_port, enrolled_at, updated_at
  FROM node_records;

-- For whoever holds SLIPWAY_NODE_KEY.
CREATE VIEW node_logins AS
  SELECT name, login_encrypted FROM node_records;

-- Every instance ever reported, in its last known state.
CREATE VIEW instances AS
  SELECT name, state, app_id, app_name, service, release, image, node, ip, port, url, container, access_token, cpu,
         memory_mib, started_at, reported_at
  FROM instance_records;

-- A row a service that was ever reported, with how many of its instances run.
CREATE VIEW services AS
  SELECT app_id,
         service,
         (array_agg(app_name ORDER BY reported_at DESC))[1] AS app_name,
         (array_agg(release ORDER BY reported_at DESC) FILTER (WHERE state = 'running'))[1] AS release,
         count(*) FILTER (WHERE state = 'running')::integer AS running,
         max(reported_at) AS reported_at
  FROM instance_records
  GROUP BY app_id, service;

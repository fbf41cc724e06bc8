-- One row a request: the caller's token is the key, so a request sent twice is one request.
CREATE TABLE requests (
  token       text PRIMARY KEY,
  request     jsonb       NOT NULL,
  reply_topic text        NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  open_tasks  integer     NOT NULL,
  reply       jsonb,
  traceparent text
);

CREATE TABLE tasks (
  id       text PRIMARY KEY,
  token    text    NOT NULL REFERENCES requests (token),
  position integer NOT NULL,
  result   jsonb
);
CREATE INDEX tasks_token ON tasks (token);

-- The same source digest of a service is the same release.
CREATE TABLE releases (
  seq           bigserial PRIMARY KEY,
  id            text        NOT NULL UNIQUE,
  app_id        text        NOT NULL,
  service       text        NOT NULL,
  source_digest text        NOT NULL,
  release       jsonb       NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (app_id, service, source_digest)
);

-- The service's current release: the one built or asked for last.
CREATE TABLE current_releases (
  app_id     text NOT NULL,
  service    text NOT NULL,
  release_id text NOT NULL REFERENCES releases (id),
  PRIMARY KEY (app_id, service)
);

-- What this deployer launched and has not removed; each row holds its own instance report.
CREATE TABLE instances (
  name    text PRIMARY KEY,
  task_id text  NOT NULL,
  app_id  text  NOT NULL,
  service text  NOT NULL,
  node    text  NOT NULL,
  container text NOT NULL,
  report  jsonb NOT NULL,
  stop    jsonb NOT NULL
);
CREATE INDEX instances_service ON instances (app_id, service);

-- Ties a node answer to its task, whichever replica reads it.
CREATE TABLE node_requests (
  access_token text PRIMARY KEY,
  task_id      text  NOT NULL,
  answer       jsonb
);

-- How to reach each node that was ever assigned; the login stays sealed.
CREATE TABLE node_logins (
  node  text PRIMARY KEY,
  login jsonb NOT NULL
);

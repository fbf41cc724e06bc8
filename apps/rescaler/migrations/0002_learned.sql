-- With what limits new instances of a service should start, as the deployer was told last. CPU in cores, memory in MiB.
CREATE TABLE learned_limits (
  app_id     text        NOT NULL,
  service    text        NOT NULL,
  cpu        float8      NOT NULL,
  memory_mib integer     NOT NULL,
  told_at    timestamptz NOT NULL,
  PRIMARY KEY (app_id, service)
);

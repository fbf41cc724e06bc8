-- The last fence that an autoscaler showed for each service: a lower one is of a load balancer that has lost its lease.
CREATE TABLE scaling_fences (
  app_id  text   NOT NULL,
  service text   NOT NULL,
  fence   bigint NOT NULL,
  PRIMARY KEY (app_id, service)
);

-- How each service is reached at the gateway, beside its own address.
CREATE TABLE service_routes (
  app_id     text        NOT NULL,
  service    text        NOT NULL,
  -- What counts, what config.json declared last, and what a deployment that is under way asks for.
  state      jsonb       NOT NULL,
  principal  text        NOT NULL,
  -- False for a name that the producer of a message claimed.
  verified   boolean     NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (app_id, service)
);

-- Whose each route is: one of them at a time, also while deployments are under way.
CREATE TABLE route_claims (
  host    text NOT NULL,
  path    text NOT NULL,
  -- The host with `*` for its first label: of two hosts that overlap it is the same.
  pattern text NOT NULL,
  app_id  text NOT NULL,
  service text NOT NULL,
  PRIMARY KEY (host, path)
);
CREATE INDEX route_claims_pattern ON route_claims (pattern);
CREATE INDEX route_claims_service ON route_claims (app_id, service);

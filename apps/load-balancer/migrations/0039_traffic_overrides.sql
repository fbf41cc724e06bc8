-- Weights that operators have set for instances at all gateways.
CREATE TABLE traffic_override_records (
  instance text PRIMARY KEY,
  app_id   text NOT NULL,
  service  text NOT NULL,
  weight   integer NOT NULL CHECK (weight BETWEEN 0 AND 256),
  -- Null: it does not end by itself.
  until    timestamptz,
  set_by   text NOT NULL,
  set_at   timestamptz NOT NULL DEFAULT now()
);

-- For gateways that read the registry themselves.
CREATE VIEW traffic_overrides AS
  SELECT instance, weight, until FROM traffic_override_records WHERE until IS NULL OR until > clock_timestamp();

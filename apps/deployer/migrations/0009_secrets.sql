-- Values of applications, encrypted with SLIPWAY_APP_SECRET_KEY; services name them in their config.json.
CREATE TABLE secrets (
  app_id          text        NOT NULL,
  name            text        NOT NULL,
  version         integer     NOT NULL DEFAULT 1,
  value_encrypted text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, name)
);

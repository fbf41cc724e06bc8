-- On which node the data of a volume lies: a service that names it in config.json runs there and nowhere else.
CREATE TABLE volumes (
  app_id  text        NOT NULL,
  service text        NOT NULL,
  name    text        NOT NULL,
  node    text        NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, service, name)
);

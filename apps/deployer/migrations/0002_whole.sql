-- scale requests are requests, too; a request that is cancelled ends at its next step.
ALTER TABLE requests ADD COLUMN kind text NOT NULL DEFAULT 'deployment', ADD COLUMN cancelled_at timestamptz;

ALTER TABLE tasks ADD COLUMN service text, ADD COLUMN depends_on text[] NOT NULL DEFAULT '{}';
UPDATE tasks SET service = substr(id, length(token) + 2);
ALTER TABLE tasks ALTER COLUMN service SET NOT NULL;

-- running, draining (gets no more traffic), abandoned (its node does not answer; removed when it does).
ALTER TABLE instances ADD COLUMN state text NOT NULL DEFAULT 'running', ADD COLUMN release_id text;
UPDATE instances SET release_id = report ->> 'release';
ALTER TABLE instances ALTER COLUMN release_id SET NOT NULL;

-- A row each time that all instances of a release served: what can be rolled back to.
CREATE TABLE deployments (
  seq         bigserial PRIMARY KEY,
  app_id      text        NOT NULL,
  service     text        NOT NULL,
  release_id  text        NOT NULL REFERENCES releases (id),
  token       text        NOT NULL,
  deployed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deployments_service ON deployments (app_id, service, seq DESC);

-- What is wanted of each service, and how it came to be. Written by the task that changes it, in the step that plans.

CREATE TABLE specs (
  app_id    text        NOT NULL,
  service   text        NOT NULL,
  app_name  text        NOT NULL,
  revision  integer     NOT NULL,
  state     text        NOT NULL CHECK (state IN ('running', 'stopped')),
  release_id text,
  count     integer     NOT NULL CHECK (count >= 0),
  -- The whole of it: the columns above, what config.json declared last, and the last change of each field.
  spec      jsonb       NOT NULL,
  principal text        NOT NULL,
  -- False for a name that the producer of a message claimed.
  verified  boolean     NOT NULL,
  reason    text,
  token     text        NOT NULL,
  changed_at timestamptz NOT NULL,
  -- The revision that was published last.
  published integer     NOT NULL DEFAULT 0,
  PRIMARY KEY (app_id, service)
);
CREATE INDEX specs_unpublished ON specs (app_id, service) WHERE published < revision;

CREATE TABLE spec_history (
  app_id    text        NOT NULL,
  service   text        NOT NULL,
  revision  integer     NOT NULL,
  spec      jsonb       NOT NULL,
  principal text        NOT NULL,
  verified  boolean     NOT NULL,
  reason    text,
  token     text        NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (app_id, service, revision)
);

-- Tries to bring a service's count back, and what the world looked like when they were given up.
CREATE TABLE service_repairs (
  app_id   text        NOT NULL,
  service  text        NOT NULL,
  -- The spec's revision at the last try: another one starts anew.
  revision integer     NOT NULL,
  attempts integer     NOT NULL,
  unplaced integer     NOT NULL DEFAULT 0,
  last_at  timestamptz NOT NULL,
  task_id  text        NOT NULL,
  PRIMARY KEY (app_id, service)
);
-- The spec that what runs of a service amounts to.
CREATE FUNCTION adopt_spec(of_app text, of_service text, by_token text, by_arrival bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  running integer;
  newest record;
  change jsonb;
  next integer;
  wanted jsonb;
BEGIN
  SELECT count(*) INTO running FROM instances WHERE app_id = of_app AND service = of_service AND state = 'running';
  SELECT r.id, r.release -> 'config' AS config, i.report ->> 'appName' AS app_name INTO newest
  FROM releases r
  LEFT JOIN instances i ON i.app_id = of_app AND i.service = of_service AND i.release_id = r.id AND i.state = 'running'
  LEFT JOIN current_releases c ON c.release_id = r.id
  WHERE r.app_id = of_app AND r.service = of_service
  ORDER BY i.report ->> 'startedAt' DESC NULLS LAST, c.release_id IS NULL, r.seq DESC LIMIT 1;
  IF newest.id IS NULL THEN
    RETURN;
  END IF;
  SELECT revision + 1 INTO next FROM specs WHERE app_id = of_app AND service = of_service FOR UPDATE;
  next := coalesce(next, 1);
  change := jsonb_build_object('arrival', by_arrival, 'by', 'adopted', 'token', by_token,
    'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  wanted := jsonb_build_object(
    'revision', next, 'release', newest.id,
    'state', CASE WHEN running > 0 THEN 'running' ELSE 'stopped' END,
    -- What is stopped comes back with as many as were wanted, or as it declares.
    'count', CASE WHEN running > 0 THEN running ELSE coalesce((SELECT count FROM specs WHERE app_id = of_app AND service = of_service),
                                                         (newest.config ->> 'replicas')::integer, 1) END,
    'declaredCount', coalesce((newest.config ->> 'replicas')::integer, 1),
    'limits', newest.config -> 'resources', 'declaredLimits', newest.config -> 'resources',
    'changes', jsonb_build_object('state', change, 'release', change, 'count', change, 'limits', change));
  INSERT INTO specs AS known (app_id, service, app_name, revision, state, release_id, count, spec, principal, verified,
                              reason, token, changed_at)
  VALUES (of_app, of_service, coalesce(newest.app_name, of_app), next, wanted ->> 'state', newest.id,
          (wanted ->> 'count')::integer, wanted, 'slipway', true, 'made from what ran', by_token, now())
  ON CONFLICT (app_id, service) DO UPDATE
  SET revision = excluded.revision, state = excluded.state, release_id = excluded.release_id, count = excluded.count,
      spec = excluded.spec, principal = excluded.principal, verified = excluded.verified, reason = excluded.reason,
      token = excluded.token, changed_at = excluded.changed_at;
  INSERT INTO spec_history (app_id, service, revision, spec, principal, verified, reason, token, changed_at)
  VALUES (of_app, of_service, next, wanted, 'slipway', true, 'made from what ran', by_token, now())
  ON CONFLICT DO NOTHING;
END
$$;

-- Who decides how many instances a service needs, one row a service. The fence rises with each take-over, over all services.
CREATE SEQUENCE scaling_fences;
CREATE TABLE scaling_leases (
  app_id  text        NOT NULL,
  service text        NOT NULL,
  holder  text        NOT NULL,
  fence   bigint      NOT NULL,
  until   timestamptz NOT NULL,
  -- What the last decision left to the next one: cooldowns, recommendations, what was asked for. Null before the first.
  state   jsonb,
  PRIMARY KEY (app_id, service)
);
-- What was decided. A change is one row; what changed nothing is one row for as long as one reason goes on.
CREATE TABLE scaling_decisions (
  app_id      text             NOT NULL,
  service     text             NOT NULL,
  decided_at  timestamptz      NOT NULL,
  -- What decided, such as target, max or in-cooldown.
  reason      text             NOT NULL,
  -- When it was last so, and how often.
  until       timestamptz      NOT NULL,
  times       integer          NOT NULL,
  from_count  integer          NOT NULL,
  to_count    integer          NOT NULL,
  fence       bigint           NOT NULL,
  -- The inputs, and what each target asked for; of the latest time.
  explanation jsonb            NOT NULL,
  -- Of the scale request; null where nothing was asked for.
  token       text,
  -- Null until it was answered.
  succeeded   boolean,
  -- Why it failed: code and message.
  error       jsonb,
  PRIMARY KEY (app_id, service, decided_at, reason)
);
CREATE UNIQUE INDEX scaling_decisions_token ON scaling_decisions (token) WHERE token IS NOT NULL;
CREATE INDEX scaling_decisions_age ON scaling_decisions (until);
-- The figures that decisions used: means over 10 s, and over minutes for longer.
CREATE TABLE scaling_figures (
  app_id  text        NOT NULL,
  service text        NOT NULL,
  -- 10 or 60.
  seconds smallint    NOT NULL,
  -- The beginning.
  at      timestamptz NOT NULL,
  figures jsonb       NOT NULL,
  PRIMARY KEY (app_id, service, seconds, at)
);
CREATE INDEX scaling_figures_age ON scaling_figures (seconds, at);

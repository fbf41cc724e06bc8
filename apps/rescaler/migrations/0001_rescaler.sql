-- Who decides for each host, one row a host. The fence rises with each take-over, over all hosts.
CREATE SEQUENCE fences;
CREATE TABLE host_leases (
  host   text        PRIMARY KEY,
  holder text        NOT NULL,
  fence  bigint      NOT NULL,
  until  timestamptz NOT NULL
) WITH (fillfactor = 50);
-- A host as its holder sees it: what it has, and each container on it with limits, use and bounds. Rewritten every few seconds.
CREATE TABLE host_states (
  host  text        PRIMARY KEY,
  fence bigint      NOT NULL,
  at    timestamptz NOT NULL,
  state jsonb       NOT NULL
) WITH (fillfactor = 50);
-- What somebody has said of a structure: a service, a host, an application, a user, or a container that is none of Slipway's.
-- NULL: it was taken back; the row stays, so that its revisions go on.
CREATE TABLE structure_records (
  kind       text        NOT NULL,
  id         text        NOT NULL,
  revision   integer     NOT NULL,
  said       jsonb,
  principal  text        NOT NULL,
  reason     text,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, id)
);
CREATE TABLE structure_history (
  kind       text        NOT NULL,
  id         text        NOT NULL,
  revision   integer     NOT NULL,
  said       jsonb,
  principal  text        NOT NULL,
  reason     text,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (kind, id, revision)
);
CREATE FUNCTION keep_structure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO structure_history (kind, id, revision, said, principal, reason, changed_at)
  VALUES (NEW.kind, NEW.id, NEW.revision, NEW.said, NEW.principal, NEW.reason, NEW.changed_at);
  RETURN NULL;
END
$$;
CREATE TRIGGER structure_records_kept AFTER INSERT OR UPDATE ON structure_records
FOR EACH ROW EXECUTE FUNCTION keep_structure();
-- Every version of the settings; the last one counts. Without one, the defaults do.
CREATE TABLE settings_versions (
  version    integer     PRIMARY KEY,
  settings   jsonb       NOT NULL,
  principal  text        NOT NULL,
  reason     text,
  changed_at timestamptz NOT NULL DEFAULT now()
);
-- What was decided for a limit. A change is one row; what changed nothing is one row for as long as one reason goes on.
-- Amounts in the units of structures: CPU in hundredths of a core, memory in bytes, rates in bytes a second.
CREATE TABLE decisions (
  container   text        NOT NULL,
  resource    text        NOT NULL,
  decided_at  timestamptz NOT NULL,
  -- What decided, such as target, max or wait.
  reason      text        NOT NULL,
  until       timestamptz NOT NULL,
  times       integer     NOT NULL,
  host        text        NOT NULL,
  -- Of a container that is none of Slipway's: NULL.
  app_id      text,
  service     text,
  from_value  bigint      NOT NULL,
  to_value    bigint      NOT NULL,
  fence       bigint      NOT NULL,
  explanation jsonb       NOT NULL,
  -- The request of limits; NULL where nothing was asked for.
  request     uuid,
  -- What the kernel applied, or why not; NULL until it was answered.
  answer      jsonb,
  PRIMARY KEY (container, resource, decided_at, reason)
);
CREATE INDEX decisions_of_service ON decisions (app_id, service, decided_at);
CREATE INDEX decisions_of_request ON decisions (request) WHERE request IS NOT NULL;
CREATE INDEX decisions_age ON decisions (until);
-- One row for each ten seconds of a host: limits and use of its containers, which stand beside each other in arrays of the
-- same length. An element is NULL where there was no figure. A day is a partition, which is dropped as a whole.
CREATE TABLE limit_figures (
  host         text        NOT NULL,
  begun        timestamptz NOT NULL,
  fence        bigint      NOT NULL,
  -- The version of the settings that counted.
  settings     integer     NOT NULL,
  containers   text[]      NOT NULL,
  app_ids      text[]      NOT NULL,
  services     text[]      NOT NULL,
  cpu_used     real[]      NOT NULL,
  cpu_limit    real[]      NOT NULL,
  cpu_throttled real[]     NOT NULL,
  memory_used  float8[]    NOT NULL,
  memory_limit float8[]    NOT NULL,
  PRIMARY KEY (host, begun, fence)
) PARTITION BY RANGE (begun);

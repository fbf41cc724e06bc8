-- What changed in the registry since a revision, for whoever keeps a picture of it.
--
-- A revision is given when its transaction commits, under a lock that is held until it is visible. So revisions become
-- visible in their order, and a reader that has seen N never misses a lower one: a sequence number that is taken while
-- a transaction runs may be committed after a higher one was read.
-- The triggers are deferred because the lock must be the last that a transaction takes: then two transactions that
-- change the same rows in another order cannot wait for each other, and nobody holds it for longer than a commit.

-- One row; its lock is the one that orders changes.
CREATE TABLE revision_counter (
  only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  latest    bigint NOT NULL DEFAULT 0,
  -- Removals up to this revision may be forgotten: who knows no later one needs all of the registry anew.
  forgotten bigint NOT NULL DEFAULT 0
);
INSERT INTO revision_counter DEFAULT VALUES;

-- One row a thing, at its latest change.
CREATE TABLE change_records (
  kind       text   NOT NULL CHECK (kind IN ('node', 'service', 'instance')),
  -- Of a service: <application id>/<service>.
  name       text   NOT NULL,
  revision   bigint NOT NULL UNIQUE,
  removed_at timestamptz,
  PRIMARY KEY (kind, name)
);
CREATE INDEX change_records_removed ON change_records (removed_at) WHERE removed_at IS NOT NULL;

CREATE FUNCTION note_change(changed_kind text, changed_name text, is_removed boolean) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  next bigint;
BEGIN
  UPDATE revision_counter SET latest = latest + 1 RETURNING latest INTO next;
  INSERT INTO change_records (kind, name, revision, removed_at)
  VALUES (changed_kind, changed_name, next, CASE WHEN is_removed THEN now() END)
  ON CONFLICT (kind, name) DO UPDATE SET revision = EXCLUDED.revision, removed_at = EXCLUDED.removed_at;
  PERFORM pg_notify('registry_changes', '');
END
$$;

-- Whether a thing is there is asked when it is noted, not when the row was changed: a transaction may do both.
CREATE FUNCTION note_node() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  changed text := CASE TG_OP WHEN 'DELETE' THEN OLD.name ELSE NEW.name END;
BEGIN
  PERFORM FROM revision_counter FOR UPDATE;
  PERFORM note_change('node', changed, NOT EXISTS (SELECT FROM node_records WHERE name = changed));
  RETURN NULL;
END
$$;

CREATE FUNCTION note_instance() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  changed instance_records;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  PERFORM FROM revision_counter FOR UPDATE;
  PERFORM note_change('instance', changed.name, NOT EXISTS (
    SELECT FROM instance_records i WHERE i.name = changed.name));
  PERFORM note_change('service', changed.app_id || '/' || changed.service, NOT EXISTS (
    SELECT FROM instance_records i WHERE i.app_id = changed.app_id AND i.service = changed.service));
  RETURN NULL;
END
$$;

-- Old removals are deleted. The lock comes first here, too, or this would wait for a removed thing that comes back.
CREATE FUNCTION lock_revision() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM revision_counter FOR UPDATE;
  RETURN NULL;
END
$$;
CREATE FUNCTION note_forgotten() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE revision_counter SET forgotten = greatest(forgotten, coalesce((SELECT max(revision) FROM gone), 0));
  RETURN NULL;
END
$$;
CREATE TRIGGER change_forgetting BEFORE DELETE ON change_records
  FOR EACH STATEMENT EXECUTE FUNCTION lock_revision();
CREATE TRIGGER change_forgotten AFTER DELETE ON change_records
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_forgotten();

CREATE VIEW revision AS SELECT latest, forgotten FROM revision_counter;
CREATE VIEW changes AS SELECT revision, kind, name, removed_at IS NOT NULL AS is_removed FROM change_records;

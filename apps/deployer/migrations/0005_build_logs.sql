-- What builds said, in chunks; of each build the end, bounded. A build that is tried again replaces what it said before.
CREATE TABLE build_logs (
  build         uuid        NOT NULL,
  -- Bytes of the build's output before this chunk.
  position      bigint      NOT NULL,
  token         text        NOT NULL,
  app_id        text        NOT NULL,
  service       text        NOT NULL,
  source_digest text        NOT NULL,
  started_at    timestamptz NOT NULL,
  text          text        NOT NULL,
  PRIMARY KEY (build, position)
);
CREATE INDEX build_logs_token ON build_logs (token, service);
CREATE INDEX build_logs_source ON build_logs (app_id, service, source_digest);

-- A log stays as long as its release.
CREATE FUNCTION drop_build_logs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %I.build_logs WHERE app_id = $1 AND service = $2 AND source_digest = $3', TG_TABLE_SCHEMA)
    USING OLD.app_id, OLD.service, OLD.source_digest;
  RETURN OLD;
END $$;
CREATE TRIGGER build_logs_of_release AFTER DELETE ON releases FOR EACH ROW EXECUTE FUNCTION drop_build_logs();

-- When an instance of the release was healthy last: what was good once can be rolled back to.
-- When it was retired (it is not run or reused any more), and when its image left the registry.
ALTER TABLE releases
  ADD COLUMN last_healthy_at  timestamptz,
  ADD COLUMN retired_at       timestamptz,
  ADD COLUMN image_deleted_at timestamptz;

-- Of releases from before, nobody knows any more: they count as good.
UPDATE releases SET last_healthy_at = created_at;

CREATE INDEX releases_retired ON releases (retired_at) WHERE retired_at IS NOT NULL AND image_deleted_at IS NULL;
CREATE INDEX releases_live ON releases (app_id, service) WHERE retired_at IS NULL;

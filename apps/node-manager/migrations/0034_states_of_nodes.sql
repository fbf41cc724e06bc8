-- What people ask of a node, and whether it answers, apart from each other: `state` follows from both. So a node that
-- was cordoned and fell silent is cordoned when it comes back.
ALTER TABLE node_records
  ADD COLUMN wish          text    NOT NULL DEFAULT 'none' CHECK (wish IN ('none', 'cordoned', 'draining', 'removed')),
  ADD COLUMN wish_reason   text,
  -- The principal: the name of an API token.
  ADD COLUMN wish_by       text,
  ADD COLUMN wish_at       timestamptz,
  ADD COLUMN reachable     boolean NOT NULL DEFAULT true,
  ADD COLUMN verdict_reason text,
  -- Since when it answers, or does not; null where it always did.
  ADD COLUMN verdict_at    timestamptz,
  -- Of a drain: until when it should be done, and since when nothing runs there any more.
  ADD COLUMN drain_deadline timestamptz,
  ADD COLUMN drained_at    timestamptz,
  -- What holds the drain up, as the deployer says: [{instance, appId, service, reason}].
  ADD COLUMN holding       jsonb   NOT NULL DEFAULT '[]',
  -- These follow from the ones above.
  ADD COLUMN state_reason  text,
  ADD COLUMN state_since   timestamptz,
  ADD COLUMN state_by      text;

UPDATE node_records
SET wish = CASE state WHEN 'cordoned' THEN 'cordoned' WHEN 'draining' THEN 'draining' WHEN 'gone' THEN 'removed' ELSE 'none' END,
    wish_at = CASE WHEN state IN ('cordoned', 'draining', 'gone') THEN updated_at END,
    reachable = state <> 'unreachable',
    verdict_at = CASE state WHEN 'unreachable' THEN coalesce(reported_at, updated_at) END,
    state_since = updated_at;

-- The login of a node that was removed is forgotten.
ALTER TABLE node_records ALTER COLUMN login_encrypted DROP NOT NULL;
-- Its machine may be enrolled again, also under another name.
ALTER TABLE node_records DROP CONSTRAINT node_records_address_ssh_port_key;
CREATE UNIQUE INDEX node_records_address ON node_records (address, ssh_port) WHERE wish <> 'removed';
-- Nodes that were removed are found by their age, to be deleted.
CREATE INDEX node_records_removed ON node_records (wish_at) WHERE wish = 'removed';
CREATE INDEX instance_records_live ON instance_records (node) WHERE state IN ('running', 'draining');

-- The priority of what may be stopped for others; null of what never is. A column, since `asked` holds the layers of the
-- image: who looks for instances to stop reads those of the whole fleet, under the lock of the line.
ALTER TABLE reservations ADD COLUMN evictable_priority integer GENERATED ALWAYS AS (
  CASE WHEN asked IS NOT NULL AND NOT asked ? 'onNode' AND NOT asked @> '{"hasVolumes": true}'
       THEN coalesce((asked ->> 'priority')::integer, 0) END) STORED;
CREATE INDEX reservations_evictable ON reservations (evictable_priority, node) INCLUDE (cpu, memory_mib, access_token)
  WHERE state = 'bound' AND evictable_priority IS NOT NULL;

-- Who cancelled a request, as its principal and whether that is verified. Replicas of the version before write none.
ALTER TABLE requests ADD COLUMN cancelled_by jsonb;

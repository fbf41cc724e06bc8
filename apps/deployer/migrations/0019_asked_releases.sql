-- A rollback and a run of a named release make that one current, too. Such a task may end before a build that arrived
-- earlier: the row keeps the place in the order of arrival of the task that chose. Replicas of the version before leave it
-- as it is.
ALTER TABLE current_releases ADD COLUMN arrival bigint NOT NULL DEFAULT 0;

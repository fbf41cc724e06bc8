-- How often in a row there was no node for an instance that is to come back: tries that wait, but do not count.
ALTER TABLE repairs ADD COLUMN unplaced integer NOT NULL DEFAULT 0;

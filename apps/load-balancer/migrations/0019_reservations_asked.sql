-- What the node request asked for besides its size, such as its constraints: plans place the instance again by it.
-- Null of what a version before this reserved.
ALTER TABLE reservations ADD COLUMN asked jsonb;

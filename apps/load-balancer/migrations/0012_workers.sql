-- A worker has no port: its reservation holds cores and memory only.
ALTER TABLE reservations ALTER COLUMN port DROP NOT NULL;

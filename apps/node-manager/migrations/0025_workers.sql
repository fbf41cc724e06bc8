-- A worker has no address: nobody connects to it.
ALTER TABLE instance_records ALTER COLUMN port DROP NOT NULL, ALTER COLUMN url DROP NOT NULL;

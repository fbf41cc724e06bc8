-- The engine's socket on the machine; null means /var/run/docker.sock.
ALTER TABLE node_records ADD COLUMN socket_path text;

CREATE OR REPLACE VIEW nodes AS
  SELECT name, address, ssh_port, ssh_user, host_key_fingerprint, state, cpus, memory_bytes, engine_version,
         first_port, last_port, enrolled_at, updated_at, socket_path, host_key_type, jump, unenforced
  FROM node_records;

CREATE OR REPLACE VIEW nodes AS
  SELECT name, address, ssh_port, ssh_user, host_key_fingerprint, state, cpus, memory_bytes, engine_version,
         first_port, last_port, enrolled_at, updated_at, socket_path, host_key_type, jump, unenforced,
         wish, state_reason, coalesce(state_since, enrolled_at) AS state_since, state_by, labels, zone,
         -- What instances may have.
         greatest(0, coalesce(capacity_cpus, cpus) - reserved_cpus) AS allocatable_cpus,
         greatest(0, coalesce(capacity_memory_bytes, memory_bytes) - reserved_memory_bytes) AS allocatable_memory_bytes,
         architecture
  FROM node_records;

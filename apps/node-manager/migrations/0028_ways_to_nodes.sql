ALTER TABLE node_records
  -- Of the pinned host key: ed25519, ecdsa or rsa; null where it was enrolled before types were stored.
  ADD COLUMN host_key_type text,
  -- The machine in between: {address, sshPort, sshUser, hostKeyFingerprint, hostKeyType}. Its login rests in
  -- login_encrypted, as the member `jump`.
  ADD COLUMN jump jsonb;

-- Accounts at ACME authorities, by the address of their directory.
CREATE TABLE acme_accounts (
  directory     text PRIMARY KEY,
  -- JWE; in it the private key of the account, by which the authority knows it.
  key_encrypted text NOT NULL
);

-- What an authority has signed, one for each host.
CREATE TABLE certificates (
  host          text PRIMARY KEY,
  -- The leaf first, in PEM.
  chain         text NOT NULL,
  -- JWE; in it the private key in PEM.
  key_encrypted text NOT NULL,
  not_after     timestamptz NOT NULL,
  issued_at     timestamptz NOT NULL DEFAULT now()
);

-- What is under way and what has failed, one row for each host.
CREATE TABLE certificate_orders (
  host          text PRIMARY KEY,
  -- Of the order that is under way, with the private key that its certificate will be for.
  url           text,
  key_encrypted text,
  -- Since the last success.
  failures      integer NOT NULL DEFAULT 0,
  next_at       timestamptz NOT NULL DEFAULT '-infinity',
  error_code    text,
  error_message text,
  failed_at     timestamptz
);

-- What gateways answer to whoever asks for the token.
CREATE TABLE acme_challenges (
  token      text PRIMARY KEY,
  host       text NOT NULL,
  answer     text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- The gateway that orders. The fence rises with each one that takes over.
CREATE TABLE ordering_lease (
  is_the_one  boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
  holder      text NOT NULL,
  fence       bigint NOT NULL,
  lease_until timestamptz NOT NULL
);

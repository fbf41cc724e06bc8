-- A message is handled once per consumer: its id is stored with what it did.
CREATE TABLE inbox (
  consumer    text        NOT NULL,
  message_id  text        NOT NULL,
  handled_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);

-- Written with the facts, published afterwards; a row leaves only when the broker has it.
CREATE TABLE outbox (
  seq     bigserial PRIMARY KEY,
  id      text  NOT NULL,
  topic   text  NOT NULL,
  key     text  NOT NULL,
  type    text  NOT NULL,
  data    jsonb NOT NULL,
  headers jsonb NOT NULL
);

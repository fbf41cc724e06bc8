-- Old rows are found without reading the others.
CREATE INDEX inbox_handled ON inbox (handled_at);

-- What freed room last, for requests that wait for some.
CREATE INDEX node_changes_freed ON node_changes (id) WHERE NOT takes;

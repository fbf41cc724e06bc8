-- The host port of each node that was handed out last: the next free one after it comes next, so that a port that
-- was given back rests for as long as the others last.
CREATE TABLE ports_in_turn (
  node      text    PRIMARY KEY,
  last_port integer NOT NULL
);

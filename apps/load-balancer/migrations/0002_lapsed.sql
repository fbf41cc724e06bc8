-- lapsed: promised, and not bound in time. Free for others, but a late report of an instance that runs binds it again.
DROP INDEX reservations_live_port;
CREATE UNIQUE INDEX reservations_live_port ON reservations (node, port) WHERE state IN ('promised', 'bound');

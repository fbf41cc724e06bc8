-- For the ports that instances of a node gave back lately.
CREATE INDEX reservations_ended_node ON reservations (node, updated_at) WHERE state IN ('released', 'lapsed');

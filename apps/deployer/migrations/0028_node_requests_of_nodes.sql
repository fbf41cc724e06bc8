-- A node whose last task has ended is found by what it was answered.
CREATE INDEX node_requests_node ON node_requests ((answer #>> '{node,name}'));

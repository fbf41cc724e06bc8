-- When the deployer last said whether the node answers: what is older changes nothing.
ALTER TABLE node_records ADD COLUMN reported_at timestamptz;

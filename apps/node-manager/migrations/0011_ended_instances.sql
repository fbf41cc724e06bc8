-- Instances that ended are found by their age, to be deleted.
CREATE INDEX instance_records_ended ON instance_records (reported_at) WHERE state IN ('stopped', 'failed');

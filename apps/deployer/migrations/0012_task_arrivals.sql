-- The order in which tasks arrived. Without rewriting the table: older tasks have none, and have ended or planned.
CREATE SEQUENCE task_arrivals;
ALTER TABLE tasks ADD COLUMN arrival bigint;
ALTER TABLE tasks ALTER COLUMN arrival SET DEFAULT nextval('task_arrivals');
-- Set with the result by replicas that write specs themselves.
ALTER TABLE tasks ADD COLUMN writes_spec boolean NOT NULL DEFAULT false;

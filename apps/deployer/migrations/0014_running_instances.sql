-- Found by service, for the spec that what runs amounts to.
CREATE INDEX instances_running ON instances (app_id, service) WHERE state = 'running';

-- When the command of a release has run. It runs once for each release, in whatever task and on whatever replica.
ALTER TABLE releases ADD COLUMN command_done_at timestamptz;

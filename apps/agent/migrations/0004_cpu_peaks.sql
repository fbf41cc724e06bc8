-- The cores of the busiest 100 ms of each second; an element is NULL where the service does not ask for peaks. NULL as a
-- whole in rows of the version before. No statement of the agent locks both tables, so one file may.
ALTER TABLE node_minutes
  ADD COLUMN cpu_peak_mean real[],
  ADD COLUMN cpu_peak_max  real[],
  ADD COLUMN cpu_peak_p95  real[];
ALTER TABLE node_ten_seconds
  ADD COLUMN cpu_peak_mean real[],
  ADD COLUMN cpu_peak_max  real[];

-- What the image of a release consists of: names and sizes of its layers; NULL until the registry was asked.
ALTER TABLE releases ADD COLUMN layers jsonb;

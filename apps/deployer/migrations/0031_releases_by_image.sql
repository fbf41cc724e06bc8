-- Of images that lie on a node, the releases are found by image.
CREATE INDEX releases_image ON releases ((release ->> 'image'));

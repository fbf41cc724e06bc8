-- The node that is kept for a request is one on which others are being stopped for it.
ALTER TABLE waiting_requests ADD COLUMN evicting boolean NOT NULL DEFAULT false;

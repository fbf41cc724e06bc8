-- The list of an application's requests, the newest first.
CREATE INDEX requests_of_app ON requests ((request ->> 'appId'), received_at, token);
